//! Which steps lead from what is installed to what is declared.

use std::borrow::Cow;

use super::columns::becomes;
use super::{Change, Declared, Installed, Retired, written};
use crate::check::{self, Problem, Problems};
use crate::names;
use crate::step::Step;
use crate::table::{AuditedTable, QualifiedName};
use crate::types::PgType;

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
    let mut kept: Vec<&Installed> = Vec::new();
    let mut goes_on = Vec::new();
    let mut declared: Vec<&Declared> = declared.iter().collect();
    declared.sort_by(|a, b| a.table.source.cmp(&b.table.source));
    for declared in declared {
        let Some(old) = predecessor(installed, declared, &mut problems) else {
            goes_on.push(Step::Install(declared.table.clone()));
            continue;
        };
        if kept
            .iter()
            .any(|other| other.table.source == old.table.source)
        {
            problems.push(Problem::new(
                declared.table.source.to_string(),
                format!("another model is {} under a new name too", old.table.source),
            ));
            continue;
        }
        kept.push(old);
        let change = change(old, declared, options, &mut problems);
        if !change.is_nothing() {
            goes_on.push(Step::Change(Box::new(change)));
        }
    }
    let ends = installed
        .iter()
        .filter(|old| !kept.iter().any(|k| k.table.source == old.table.source))
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
    installed: &'a [Installed],
    declared: &Declared,
    problems: &mut Vec<Problem>,
) -> Option<&'a Installed> {
    let find = |name: &QualifiedName| installed.iter().find(|i| i.table.source == *name);
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

/// The change from the one to the other.
fn change(
    old: &Installed,
    declared: &Declared,
    options: &Options,
    problems: &mut Vec<Problem>,
) -> Change {
    let mut change = Change {
        old: old.clone(),
        new: Installed {
            table: declared.table.clone(),
            retired: old.retired.clone(),
        },
        renamed: Vec::new(),
        defaults: Vec::new(),
        drop_history: options.drop_history,
    };
    let wanted: Vec<_> = written(&declared.table)
        .map(|(name, sql_type)| (name, sql_type.clone()))
        .collect();
    let is_wanted = |name: &str| wanted.iter().any(|(n, _)| n == name);
    let was_written: Vec<_> = written(&old.table)
        .map(|(name, sql_type)| (name, sql_type.clone()))
        .collect();

    for (name, before) in &declared.renamed_columns {
        let from = was_written.iter().find(|(n, _)| n == before);
        let is_known = was_written.iter().any(|(n, _)| n == name);
        match (wanted.iter().find(|(n, _)| n == name), from) {
            (Some(_), Some(_)) if is_wanted(before) && !is_known => {
                problems.push(past(declared, name, before, "and both are recorded"));
            }
            (Some((_, to)), Some((_, from))) if !is_wanted(before) => {
                if becomes(from, to) {
                    change.renamed.push((before.clone(), name.clone()));
                }
            }
            (Some(_), None) if !is_known => {
                let known = old
                    .table
                    .recorded_columns()
                    .map(|c| format!("`{}`", c.name));
                let known = known.collect::<Vec<_>>().join(", ");
                let fault =
                    format!("and the last migration knows no such column; it knows {known}");
                problems.push(past(declared, name, before, &fault));
            }
            // The word stays in the sources when its migration is long written.
            _ => {}
        }
    }

    // What is written no more is retired.
    for (name, sql_type) in &was_written {
        let moves_on = change.renamed.iter().any(|(before, _)| before == name);
        if !is_wanted(name) && !moves_on {
            change.new.retired.push(Retired {
                name: name.clone(),
                sql_type: sql_type.clone(),
            });
        }
    }

    // What is written under a name that is taken uses that column or puts it aside.
    let arrives = |name: &str, change: &Change| change.renamed.iter().any(|(_, to)| to == name);
    for (name, sql_type) in &wanted {
        let of_same_name = old.audit_columns().find(|(n, _)| n == name);
        let Some((_, from)) =
            of_same_name.filter(|_| !change.renamed.iter().any(|(b, _)| b == name))
        else {
            continue;
        };
        change.new.retired.retain(|retired| retired.name != *name);
        if becomes(from, sql_type) && !arrives(name, &change) {
            continue;
        }
        let aside = free_name(&names::aside(name, from), &change, &wanted);
        change.new.retired.push(Retired {
            name: aside.clone().into(),
            sql_type: from.clone(),
        });
        change.renamed.push((name.clone(), aside.into()));
    }

    if options.drop_history {
        let retired = std::mem::take(&mut change.new.retired);
        change
            .renamed
            .retain(|(_, after)| !retired.iter().any(|r| r.name == *after));
    }
    change.new.retired.sort_by(|a, b| a.name.cmp(&b.name));
    let comes = |setting: &str| {
        let column = names::setting_column(setting);
        let had = old.audit_columns().any(|(name, _)| name == column);
        (!had && is_wanted(&column)).then_some(Cow::Owned(column))
    };
    change.defaults = declared
        .defaults
        .iter()
        .filter_map(|(setting, value)| Some((comes(setting)?, value.clone())))
        .collect();
    change
}

fn past(declared: &Declared, name: &str, before: &str, fault: &str) -> Problem {
    Problem::new(
        declared.table.source.to_string(),
        format!("`{name}` was `{before}` before, says its field, {fault}"),
    )
}

fn free_name(name: &str, change: &Change, wanted: &[(Cow<'static, str>, PgType)]) -> String {
    let is_taken = |name: &str| {
        wanted.iter().any(|(n, _)| n == name)
            || change.old.audit_columns().any(|(n, _)| n == name)
            || change.new.retired.iter().any(|r| r.name == name)
    };
    let numbered = (2..).map(|n| names::cut(&format!("{name}_{n}")).into_owned());
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !is_taken(name))
        .unwrap_or_else(|| name.to_owned())
}

/// A name that one table gives up cannot be another's in the same migration:
/// for a moment both would have it.
fn names_are_free(installed: &[Installed], steps: &[Step], problems: &mut Vec<Problem>) {
    for step in steps {
        let (own, new) = match step {
            Step::Install(table) => (None, table),
            Step::Change(change) => (Some(&change.old.table.source), &change.new.table),
            Step::Uninstall(_) | Step::Drop(_) => continue,
        };
        for other in installed.iter().map(|i| &i.table) {
            if Some(&other.source) == own {
                continue;
            }
            let stays = !steps.iter().any(|step| {
                matches!(step, Step::Uninstall(table) | Step::Drop(table) if table.source == other.source)
            });
            if other.audit == new.audit || stays && other.function_name() == new.function_name() {
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
