//! What to do after a migration was written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use diesel_audit_model::{Column, Step};

use super::Audit;
use crate::args::Generate;
use crate::migrations::version;
use crate::shell::Shell;

/// Says what the user may not think of. `written` is the SQL of the change.
pub(crate) fn after(
    audit: &Audit,
    steps: &[Step],
    existing: &[String],
    args: &Generate,
    written: &str,
    shell: &mut Shell<'_>,
) {
    if args.amend.is_none()
        && steps.iter().any(changes_source)
        && let Some(newest) = newest_by_hand(&audit.folder, existing, written)
    {
        shell.hint(format!(
            "a write between the change of the table and that of its audit is refused or recorded in part; \
             `cargo diesel-audit generate --amend {newest}` instead makes them one transaction"
        ));
    }
    if audit.embeds_migrations && !audit.packages.iter().any(|(_, root)| rebuilds(root)) {
        let folder = audit
            .packages
            .first()
            .map_or(audit.folder.as_path(), |(_, root)| {
                audit
                    .folder
                    .strip_prefix(root)
                    .unwrap_or(Path::new("migrations"))
            });
        shell.hint(format!(
            "`embed_migrations!` does not notice a new migration; write `println!(\"cargo::rerun-if-changed={}\");` \
             into the `main` of build.rs",
            folder.display()
        ));
    }
    shell.hint(match args.amend {
        None => "run `diesel migration run`",
        Some(_) => "run `diesel migration run`, or `diesel migration redo` where the migration has run before",
    });
}

/// Whether a column of the source table has come, gone, or got another name or
/// type.
fn changes_source(step: &Step) -> bool {
    let columns = |columns: &[Column]| -> BTreeMap<String, String> {
        let columns = columns.iter();
        columns
            .map(|c| (c.name.to_string(), c.sql_type.to_string()))
            .collect()
    };
    match step {
        Step::Change(change) => {
            columns(&change.old.table.columns) != columns(&change.new.table.columns)
        }
        Step::Install(_) | Step::Uninstall(_) | Step::Drop(_) => false,
    }
}

/// The newest migration, if it has nothing of ours in it: each of our scripts
/// begins with the same statement.
fn newest_by_hand(folder: &Path, existing: &[String], written: &str) -> Option<String> {
    let first = written.lines().find(|line| !line.starts_with("--"))?;
    let newest = existing.iter().max_by_key(|name| version(name))?;
    let up = fs::read_to_string(folder.join(newest).join("up.sql")).ok()?;
    (!up.contains(first)).then(|| newest.clone())
}

fn rebuilds(root: &Path) -> bool {
    fs::read_to_string(root.join("build.rs")).is_ok_and(|text| text.contains("rerun-if-changed"))
}
