//! The change from an installed table to the declared one.

use std::borrow::Cow;

use super::columns::becomes;
use super::{Change, Declared, Installed, Options, Retired, written};
use diesel_audit_model::check::Problem;
use diesel_audit_model::names;
use diesel_audit_model::table::{AuditedTable, Column};

type Name = Cow<'static, str>;

/// Nothing of what the audit table has is given up: a column goes on, under
/// its name or a new one, or is retired.
pub(super) fn between(
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
        renamed: renamed(old, declared, problems),
        defaults: defaults(old, declared),
        drop_history: options.drop_history,
    };
    retire(&mut change);
    make_room(&mut change);
    if options.drop_history {
        nothing_sealed_goes(&change, problems);
        forget(&mut change);
    }
    change.new.retired.sort_by(|a, b| a.name.cmp(&b.name));
    change
}

/// The columns that say what they were called before, and are what they were.
fn renamed(old: &Installed, declared: &Declared, problems: &mut Vec<Problem>) -> Vec<(Name, Name)> {
    let (was, will_be) = (&old.table, &declared.table);
    let sealed = was.policy.seals || will_be.policy.seals;
    let mut renamed = Vec::new();
    for (name, before) in &declared.renamed_columns {
        let is_known = recorded(was, name).is_some();
        let is_both = recorded(will_be, before).is_some()
            && !begins_with_a_lost_name(before, &declared.renamed_columns, was, will_be);
        match (recorded(was, before), recorded(will_be, name)) {
            (Some(from), Some(to)) if !is_both => renamed.extend(goes_on_as(from, to, sealed)),
            (Some(_), Some(_)) if is_both && !is_known => {
                problems.push(past(declared, name, before, "and both are recorded"));
            }
            (None, Some(_)) if !is_known => {
                let known = old.table.recorded_columns();
                let known: Vec<String> = known.map(|c| format!("`{}`", c.name)).collect();
                let fault = format!(
                    "and the last migration knows no such column; it knows {}",
                    known.join(", ")
                );
                problems.push(past(declared, name, before, &fault));
            }
            // The word stays in the sources when its migration is long written.
            _ => {}
        }
    }
    renamed
}

fn recorded<'a>(table: &'a AuditedTable, name: &str) -> Option<&'a Column> {
    table.recorded_columns().find(|column| column.name == name)
}

/// The columns of the audit table that the one has and the other takes over. A
/// column may be recorded in another way from now on.
fn goes_on_as(from: &Column, to: &Column, sealed: bool) -> Vec<(Name, Name)> {
    let before = from.stored();
    let taken = to.stored().into_iter().filter_map(|after| {
        let mut same = before.iter().filter(|b| b.is_value == after.is_value);
        let same = same.find(|before| becomes(&before.sql_type, &after.sql_type, sealed))?;
        Some((same.name.clone(), after.name))
    });
    taken.collect()
}

/// Whether the name is taken over by another column that says so itself, in a
/// row of renames: the first of them leaves a name which is there no more. In
/// sources where that has happened long since, no name is left, and neither
/// where two columns exchange their names.
fn begins_with_a_lost_name(
    name: &str,
    renamed: &[(Name, Name)],
    was: &AuditedTable,
    will_be: &AuditedTable,
) -> bool {
    let mut first = name;
    for _ in renamed {
        match renamed.iter().find(|(after, _)| after == first) {
            Some((_, before)) => first = before,
            None => break,
        }
    }
    recorded(was, first).is_some() && recorded(will_be, first).is_none()
}

fn past(declared: &Declared, name: &str, before: &str, fault: &str) -> Problem {
    Problem::new(
        declared.table.source.to_string(),
        format!("`{name}` was `{before}` before, says its field, {fault}"),
    )
}

/// What is written no more is retired.
fn retire(change: &mut Change) {
    for (name, sql_type) in written(&change.old.table) {
        let goes_on = change.renamed.iter().any(|(before, _)| *before == name)
            || written(&change.new.table).any(|(new, _)| new == name);
        if !goes_on {
            change.new.retired.push(Retired { name, sql_type });
        }
    }
}

/// A column that needs the name of another one uses that column if it can, and
/// otherwise puts it aside.
fn make_room(change: &mut Change) {
    for (name, sql_type) in written(&change.new.table) {
        let moves_on = change.renamed.iter().any(|(before, _)| *before == name);
        let arrives = change.renamed.iter().any(|(_, after)| *after == name);
        let had = change.old.audit_columns().find(|(had, _)| *had == name);
        let Some(from) = had.filter(|_| !moves_on).map(|(_, from)| from) else {
            continue;
        };
        change.new.retired.retain(|retired| retired.name != name);
        if arrives || !change.becomes(&from, &sql_type) {
            let aside: Name = free_name(&names::aside(&name, &from), change).into();
            change.new.retired.push(Retired {
                name: aside.clone(),
                sql_type: from,
            });
            change.renamed.push((name, aside));
        }
    }
}

fn free_name(name: &str, change: &Change) -> String {
    let is_taken = |name: &str| {
        let mut all = change.old.audit_columns().chain(change.new.audit_columns());
        all.any(|(taken, _)| taken == name)
    };
    let numbered = (2..).map(|n| names::cut(&format!("{name}_{n}")).into_owned());
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !is_taken(name))
        .unwrap_or_else(|| name.to_owned())
}

/// What a seal covers cannot go without breaking it.
fn nothing_sealed_goes(change: &Change, problems: &mut Vec<Problem>) {
    if !change.old.table.policy.seals {
        return;
    }
    for retired in &change.new.retired {
        problems.push(Problem::new(
            change.old.table.source.to_string(),
            format!(
                "the column `{}` of the audit table {} cannot be dropped: its seals cover it\n\
                 help: leave `--drop-history` out, and the column stays with what it holds",
                retired.name, change.old.table.audit
            ),
        ));
    }
}

/// Nothing is kept aside.
fn forget(change: &mut Change) {
    let retired = std::mem::take(&mut change.new.retired);
    let is_retired = |name: &Name| retired.iter().any(|retired| retired.name == *name);
    change.renamed.retain(|(_, after)| !is_retired(after));
}

/// Of the settings that come.
fn defaults(old: &Installed, declared: &Declared) -> Vec<(Name, Name)> {
    let declared_defaults = declared.defaults.iter();
    declared_defaults
        .map(|(setting, value)| (Cow::from(names::setting_column(setting)), value.clone()))
        .filter(|(column, _)| !old.audit_columns().any(|(had, _)| had == *column))
        .collect()
}
