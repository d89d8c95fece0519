//! Which steps lead from what is installed to what is declared.

use std::collections::{BTreeMap, BTreeSet};

use super::between::between;
use super::{Declared, Installed};
use crate::step::Step;
use diesel_audit_model::check::{self, Problem, Problems};
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// What a difference may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Drop the audit tables and the columns of audit tables that nothing
    /// writes any more, with all they hold. Without it they are kept.
    pub drop_history: bool,
}

/// The steps that lead from what is installed to what the sources declare:
/// first what ends, then what changes or begins, each in the order of the
/// source tables. No step if there is no difference that PostgreSQL would
/// know of.
///
/// # Errors
/// What [`check`](check::check_together) finds in the declared tables, and
/// renames that cannot be: all at once.
pub fn difference(
    installed: &[Installed],
    declared: &[Declared],
    options: &Options,
) -> Result<Vec<Step>, Problems> {
    let tables: Vec<AuditedTable> = declared.iter().map(|d| d.table.clone()).collect();
    check::check_together(&tables)?;
    let mut problems = Vec::new();
    let by_source: BTreeMap<&QualifiedName, &Installed> = installed
        .iter()
        .map(|installed| (&installed.table.source, installed))
        .collect();
    let mut kept: BTreeSet<&QualifiedName> = BTreeSet::new();
    let mut goes_on = Vec::new();
    let mut declared: Vec<&Declared> = declared.iter().collect();
    declared.sort_by(|a, b| a.table.source.cmp(&b.table.source));
    for declared in declared {
        let Some(old) = predecessor(&by_source, declared, &mut problems) else {
            goes_on.push(Step::Install(declared.table.clone()));
            continue;
        };
        if !kept.insert(&old.table.source) {
            problems.push(Problem::new(
                declared.table.source.to_string(),
                format!("another model is {} under a new name too", old.table.source),
            ));
            continue;
        }
        let change = between(old, declared, options, &mut problems);
        if !change.is_nothing() {
            goes_on.push(Step::Change(Box::new(change)));
        }
    }
    let ends = installed
        .iter()
        .filter(|old| !kept.contains(&old.table.source))
        .map(|old| match options.drop_history {
            true => Step::Drop(old.table.clone()),
            false => Step::Uninstall(old.table.clone()),
        });
    let steps: Vec<Step> = ends.chain(goes_on).collect();
    names_are_free(installed, &steps, &mut problems);
    if problems.is_empty() {
        Ok(steps)
    } else {
        Err(Problems(problems))
    }
}

/// What is installed after the steps, in the order of the source tables.
pub fn after(installed: &[Installed], steps: &[Step]) -> Vec<Installed> {
    let mut after = installed.to_vec();
    for step in steps {
        let (gone, new) = match step {
            Step::Install(table) => (&table.source, Some(Installed::from(table.clone()))),
            Step::Uninstall(table) | Step::Drop(table) => (&table.source, None),
            Step::Change(change) => (&change.old.table.source, Some(change.new.clone())),
        };
        after.retain(|installed| installed.table.source != *gone);
        after.extend(new);
    }
    after.sort_by(|a, b| a.table.source.cmp(&b.table.source));
    after
}

/// The same table, or the one that it says it was. A name that is installed no
/// more is history: the attribute may stay in the sources.
fn predecessor<'a>(
    installed: &BTreeMap<&QualifiedName, &'a Installed>,
    declared: &Declared,
    problems: &mut Vec<Problem>,
) -> Option<&'a Installed> {
    let find = |name: &QualifiedName| installed.get(name).copied();
    let same = find(&declared.table.source);
    let before = declared.renamed_from.as_ref().and_then(find);
    if let (Some(same), Some(before)) = (same, before) {
        problems.push(Problem::new(
            same.table.source.to_string(),
            format!(
                "it was {} before, says its model, and both are audited: remove that word",
                before.table.source
            ),
        ));
    }
    same.or(before)
}

/// A name that one table gives up cannot be another's in the same migration:
/// for a moment both would have it.
fn names_are_free(installed: &[Installed], steps: &[Step], problems: &mut Vec<Problem>) {
    let ends: BTreeSet<&QualifiedName> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Uninstall(table) | Step::Drop(table) => Some(&table.source),
            Step::Install(_) | Step::Change(_) => None,
        })
        .collect();
    let functions = |table: &AuditedTable| {
        let functions = table.functions().into_iter();
        functions.chain(table.condition_function())
    };
    let taken: Vec<Vec<QualifiedName>> = installed
        .iter()
        .map(
            |Installed { table, .. }| match ends.contains(&table.source) {
                true => Vec::new(),
                false => functions(table).collect(),
            },
        )
        .collect();
    for step in steps {
        let (own, new) = match step {
            Step::Install(table) => (None, table),
            Step::Change(change) => (Some(&change.old.table.source), &change.new.table),
            Step::Uninstall(_) | Step::Drop(_) => continue,
        };
        let functions: Vec<QualifiedName> = functions(new).collect();
        for (other, taken) in installed.iter().map(|i| &i.table).zip(&taken) {
            if Some(&other.source) == own {
                continue;
            }
            if other.audit == new.audit || functions.iter().any(|name| taken.contains(name)) {
                problems.push(Problem::new(
                    new.source.to_string(),
                    format!(
                        "{} is the audit of {} in the last migration: take another name, or two migrations",
                        new.audit, other.source
                    ),
                ));
            }
        }
    }
}
