//! Committed migrations that the compiled models' own SQL must equal.

use std::fs;
use std::path::Path;

use diesel_audit_model::AuditedTable;
use diesel_audit_sql::{Declared, LockTimeout, Options, difference, migration};

/// Compares `up.sql` and `down.sql` in `folder` with what `tables` say.
///
/// # Panics
/// When a file differs or cannot be read, with the way to bring it up to date.
pub fn assert_current(folder: &Path, tables: &[AuditedTable]) {
    let declared: Vec<Declared> = tables.iter().cloned().map(Declared::from).collect();
    let steps = difference(&[], &declared, &Options::default()).expect("tables without a problem");
    let migration = migration(&steps, &LockTimeout::default());
    for (file, expected) in [
        ("up.sql", migration.up.whole),
        ("down.sql", migration.down.whole),
    ] {
        let path = folder.join(file);
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == expected,
            "{} is stale: `BLESS=1 cargo test -p cargo-diesel-audit --test repository` writes it anew",
            path.display()
        );
    }
}
