//! What to do after a migration was written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use diesel_audit_model::Column;
use diesel_audit_model::quote::identifier;
use diesel_audit_sql::Step;

use super::Audit;
use crate::args::Generate;
use crate::migrations::{LOCK, version};

/// A migration that was written.
pub(crate) struct Written<'a> {
    pub(crate) audit: &'a Audit,
    pub(crate) steps: &'a [Step],
    /// The migrations before it.
    pub(crate) existing: &'a [String],
    pub(crate) args: &'a Generate,
    /// The migration's folder, as it is shown.
    pub(crate) folder: &'a str,
    pub(crate) sql: &'a str,
}

/// What the user may not think of.
pub(crate) fn hints(written: &Written<'_>) -> Vec<String> {
    let mut hints: Vec<String> = to_amend(written).into_iter().collect();
    hints.extend(written.steps.iter().flat_map(to_forget));
    if !written.args.baseline {
        hints.extend(written.steps.iter().flat_map(to_begin));
    }
    // Of a dry run nothing is left to be built or run.
    if !written.args.dry_run {
        hints.extend(to_rebuild(written.audit));
        hints.push(to_run(written.args).to_owned());
    }
    hints
}

/// Between two migrations there is time for a write.
fn to_amend(written: &Written<'_>) -> Option<String> {
    let args = written.args;
    if args.amend.is_some() || !written.steps.iter().any(changes_source) {
        return None;
    }
    let newest = newest_by_hand(&written.audit.folder, written.existing, written.sql)?;
    let command = format!("`cargo diesel-audit generate --amend {newest}`");
    let first = match args.dry_run {
        true => String::new(),
        false => format!(
            "remove {}, restore the previous {LOCK}, and ",
            written.folder
        ),
    };
    Some(format!(
        "a write between the change of the table and that of its audit is refused, or recorded in part; \
         for one transaction, {first}run {command}"
    ))
}

/// What is redacted from now on was recorded until now.
fn to_forget(step: &Step) -> Vec<String> {
    let Step::Change(change) = step else {
        return Vec::new();
    };
    let kept = change.kept_values();
    kept.map(|column| {
        format!(
            "what was recorded of {} before stays in {}; `cargo diesel-audit generate --drop-history` drops it",
            identifier(column),
            change.new.table.audit
        )
    })
    .collect()
}

/// A value that was stored nowhere cannot be what an unchanged one is.
fn to_begin(step: &Step) -> Vec<String> {
    step.begun_values()
        .into_iter()
        .map(|column| {
            format!(
                "existing rows have no value of {} in their history until it changes; \
                 `cargo diesel-audit baseline` adds it",
                identifier(column)
            )
        })
        .collect()
}

fn to_rebuild(audit: &Audit) -> Option<String> {
    let packages = &audit.packages;
    if !audit.embeds_migrations || packages.iter().any(|(_, root)| rebuilds(root)) {
        return None;
    }
    let below = packages
        .iter()
        .find_map(|(_, root)| audit.folder.strip_prefix(root).ok());
    let folder = below.unwrap_or(Path::new("../migrations"));
    Some(format!(
        "`embed_migrations!` does not notice a new migration; write \
         `println!(\"cargo::rerun-if-changed={}\");` into the `main` of build.rs",
        folder.display()
    ))
}

fn to_run(args: &Generate) -> &'static str {
    match args.amend {
        None => "run `diesel migration run`",
        Some(_) => {
            "run `diesel migration run`, or `diesel migration redo` where the migration has run before"
        }
    }
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
