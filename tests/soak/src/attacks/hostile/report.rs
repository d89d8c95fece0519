//! What was called, by statement and role.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::paths::Path;

/// One act and what came of it.
pub(super) struct Act {
    pub(super) what: String,
    pub(super) role: String,
    pub(super) path: Path,
    /// What was called so often.
    pub(super) calls: Vec<(String, i64)>,
    /// Why it did not work.
    pub(super) failed: Option<String>,
}

#[derive(Default)]
pub(super) struct Report {
    acts: Vec<Act>,
}

/// So many of the objects that a statement calls are named, unless all are asked for.
const NAMED: usize = 6;

impl Act {
    fn sum(&self) -> i64 {
        self.calls.iter().map(|(_, calls)| calls).sum()
    }
}

impl Report {
    pub(super) fn add(&mut self, act: Act) {
        self.acts.push(act);
    }

    pub(super) fn last_calls(&self) -> i64 {
        self.acts.last().map_or(0, Act::sum)
    }

    pub(super) fn acts(&self) -> usize {
        self.acts.len()
    }

    pub(super) fn calls(&self) -> i64 {
        self.acts.iter().map(Act::sum).sum()
    }

    pub(super) fn failures(&self) -> usize {
        self.acts.iter().filter(|act| act.failed.is_some()).count()
    }

    /// A paragraph for each statement that called anything or failed: a line for each role
    /// with the calls by path, then what they were of, then the failures.
    pub(super) fn listing(&self) -> String {
        let mut statements: Vec<&str> = Vec::new();
        for act in &self.acts {
            if !statements.contains(&&*act.what) {
                statements.push(&act.what);
            }
        }
        let paragraphs = statements.into_iter().filter_map(|what| {
            let of_it = |act: &&Act| act.what == what && (act.sum() > 0 || act.failed.is_some());
            let acts: Vec<&Act> = self.acts.iter().filter(of_it).collect();
            (!acts.is_empty()).then(|| paragraph(what, &acts))
        });
        paragraphs.collect()
    }
}

fn paragraph(what: &str, acts: &[&Act]) -> String {
    let mut roles: BTreeMap<&str, BTreeMap<&str, i64>> = BTreeMap::new();
    let mut objects: BTreeMap<&str, i64> = BTreeMap::new();
    let mut failures: BTreeMap<String, usize> = BTreeMap::new();
    for act in acts {
        let path = act.path.name();
        if act.sum() > 0 {
            *roles.entry(&act.role).or_default().entry(path).or_default() += act.sum();
        }
        for (label, calls) in &act.calls {
            *objects.entry(label).or_default() += calls;
        }
        if let Some(error) = &act.failed {
            let error = error.lines().next().unwrap_or_default();
            let failure = format!("{}, {path}: {error}", act.role);
            *failures.entry(failure).or_default() += 1;
        }
    }
    let sum: i64 = acts.iter().map(|act| act.sum()).sum();
    let mut lines = vec![format!("{what}: {sum} calls")];
    for (role, paths) in roles {
        let paths: Vec<String> = paths
            .into_iter()
            .map(|(path, calls)| format!("{path} {calls}"))
            .collect();
        lines.push(format!("    {role}: {}", paths.join(", ")));
    }
    if !objects.is_empty() {
        lines.push(format!("    of {}", most(objects)));
    }
    for (failure, times) in failures {
        lines.push(format!("    failed, {times} times: {failure}"));
    }
    lines.join("\n") + "\n"
}

/// What was called most, or all of it in a verbose run.
fn most(objects: BTreeMap<&str, i64>) -> String {
    let mut objects: Vec<(&str, i64)> = objects.into_iter().collect();
    objects.sort_by_key(|&(_, calls)| Reverse(calls));
    let all = std::env::var_os("AUDIT_SOAK_VERBOSE").is_some();
    let shown = if all { objects.len() } else { NAMED };
    let others = objects.len().saturating_sub(shown);
    let named = objects.into_iter().take(shown);
    let mut named: Vec<String> = named
        .map(|(label, calls)| format!("{label} {calls}"))
        .collect();
    if others > 0 {
        named.push(format!("and {others} others"));
    }
    named.join("; ")
}
