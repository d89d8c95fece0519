//! The columns of an audit table that is there, on the way to another state.
//! Those that only have to be added are added by `fit`, which knows their
//! exact types.

use std::fmt::Write;

use crate::evolution::{Change, Converted, Moves, Removed};
use diesel_audit_model::names::{self, CORE_SCHEMA};
use diesel_audit_model::quote::{identifier, literal};
use diesel_audit_model::table::QualifiedName;
use diesel_audit_model::types::widens;

/// Nothing if the columns stay as they are.
pub(super) fn alter(change: &Change, moves: &Moves) -> Option<String> {
    let audit = &change.new.table.audit;
    let mut sql = String::new();
    for removed in &moves.removed {
        sql.push_str(&remove(change, removed));
    }
    for (before, after) in in_order(moves) {
        sql.push_str(&rename(change, &before, &after));
    }
    for (aside, name) in &moves.returned {
        // On an earlier way back it may have had to make room.
        sql.push_str(&call(change, "rename_column", &[aside, name]));
    }
    for converted in &moves.converted {
        sql.push_str(&convert(change, converted));
    }
    for (name, value) in &change.defaults {
        if let Some(sql_type) = added_setting(change, moves, name) {
            let column = identifier(name);
            // Writing to a String cannot fail.
            let _ = writeln!(
                sql,
                "ALTER TABLE {audit} ADD COLUMN IF NOT EXISTS {column} {sql_type} DEFAULT {};",
                literal(value)
            );
        }
    }
    (!sql.is_empty()).then_some(sql)
}

fn rename(change: &Change, before: &str, after: &str) -> String {
    if sealed(change).is_some() {
        return call(change, "rename_column", &[before, after]);
    }
    format!(
        "ALTER TABLE {} RENAME COLUMN {} TO {};\n",
        change.new.table.audit,
        identifier(before),
        identifier(after)
    )
}

/// A function of the core for the columns of the audit table, which tells the
/// seals.
fn call(change: &Change, function: &str, arguments: &[&str]) -> String {
    let arguments: Vec<String> = arguments.iter().map(|text| literal(text)).collect();
    call_with(change, function, arguments)
}

fn call_with(change: &Change, function: &str, mut arguments: Vec<String>) -> String {
    arguments.insert(0, literal(&change.new.table.audit.to_string()));
    arguments
        .extend(sealed(change).map(|seals| format!("seals => {}", literal(&seals.to_string()))));
    format!(
        "SELECT {CORE_SCHEMA}.{function}({});\n",
        arguments.join(", ")
    )
}

/// The seals, which name the columns that they cover, where there may be some.
fn sealed(change: &Change) -> Option<QualifiedName> {
    let (old, new) = (&change.old.table, &change.new.table);
    (old.policy.seals || new.policy.seals)
        .then(|| QualifiedName::new(new.audit.schema.clone(), names::seal_table(&new.audit.name)))
}

fn added_setting(change: &Change, moves: &Moves, name: &str) -> Option<String> {
    let mut columns = change.new.audit_columns();
    let (_, sql_type) = columns.find(|(n, _)| n == name)?;
    moves
        .added
        .iter()
        .any(|added| added == name)
        .then(|| sql_type.to_string())
}

/// What was recorded stays. A column in which nothing was goes, so that a way
/// forth and back ends where it began.
fn remove(change: &Change, removed: &Removed) -> String {
    if change.drop_history {
        return format!(
            "ALTER TABLE {} DROP COLUMN IF EXISTS {};\n",
            change.new.table.audit,
            identifier(&removed.name)
        );
    }
    let mut arguments = vec![literal(&removed.name)];
    if let Some(aside) = &removed.aside {
        arguments.push(format!("aside => {}", literal(aside)));
    }
    // The next way forth gives it to all rows again.
    let mut defaults = change.defaults.iter();
    if let Some((_, value)) = defaults.find(|(name, _)| *name == removed.name) {
        arguments.push(format!("default_value => {}", literal(value)));
    }
    call_with(change, "retire", arguments)
}

/// In place, unless a value would be rounded or does not fit: then the column
/// is put aside as it is, and a new one begins.
fn convert(change: &Change, converted: &Converted) -> String {
    let (from, to) = (&converted.from, &converted.to);
    if widens(from, to) {
        return format!(
            "ALTER TABLE {} ALTER COLUMN {} TYPE {to};\n",
            change.new.table.audit,
            identifier(&converted.name)
        );
    }
    let aside = names::aside(&converted.name, from);
    call(
        change,
        "convert_column",
        &[&converted.name, &to.to_string(), &aside],
    )
}

/// The renames in an order in which no name is taken. Where names go round in
/// a circle, one steps aside.
fn in_order(moves: &Moves) -> Vec<(String, String)> {
    let mut open: Vec<(String, String)> = moves
        .renamed
        .iter()
        .map(|(before, after)| (before.to_string(), after.to_string()))
        .collect();
    let mut ordered = Vec::new();
    while !open.is_empty() {
        let free = open
            .iter()
            .position(|(_, after)| !open.iter().any(|(before, _)| before == after));
        match free {
            Some(at) => ordered.push(open.remove(at)),
            None => {
                let between = format!("audit_renamed_{}", ordered.len());
                ordered.push((open[0].0.clone(), between.clone()));
                open[0].0 = between;
            }
        }
    }
    ordered
}
