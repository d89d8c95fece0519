//! Committed migrations that the models' own SQL must equal.

use std::fs;
use std::path::Path;

use diesel_audit::{AuditedTable, Step};

/// Compares `up.sql` and `down.sql` in `folder` with what `tables` say, or
/// writes them when the environment has `BLESS=1`.
///
/// # Panics
/// When a file differs or cannot be read, with the way to bring it up to date.
pub fn assert_current(folder: &Path, tables: &[AuditedTable]) {
    let steps: Vec<Step> = tables.iter().cloned().map(Step::Install).collect();
    let down: Vec<Step> = steps.iter().cloned().rev().map(Step::inverse).collect();
    for (file, steps) in [("up.sql", steps), ("down.sql", down)] {
        let path = folder.join(file);
        let rendered: Vec<String> = steps.iter().map(Step::render).collect();
        let expected = rendered.join("\n");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &expected).expect("the migration can be written");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == expected,
            "{} is stale: `BLESS=1 cargo test migrations` writes it anew",
            path.display()
        );
    }
}
