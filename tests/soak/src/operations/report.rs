//! What is not as promised, told where it is seen and counted for the end.

#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(super) checks: usize,
    pub(super) mismatches: usize,
}

impl Report {
    pub(super) fn expect(&mut self, as_promised: bool, otherwise: &str) {
        self.checks += 1;
        if !as_promised {
            eprintln!("{otherwise}");
            self.mismatches += 1;
        }
    }

    /// What only one of the two states holds.
    pub(super) fn same(&mut self, before: &[String], after: &[String], when: &str) {
        self.checks += 1;
        for (one, other, which) in [(before, after, "gone"), (after, before, "new")] {
            for line in one.iter().filter(|line| !other.contains(line)) {
                eprintln!("{when}: {which}: {line}");
                self.mismatches += 1;
            }
        }
    }
}
