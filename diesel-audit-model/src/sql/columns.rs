//! The columns of an audit table that is there, on the way to another state.
//! Those that only have to be added are added by `fit`, which knows their
//! exact types.

use std::fmt::Write;

use crate::evolution::{Change, Converted, Moves, Removed};
use crate::names;
use crate::quote::{dollar, identifier, literal};
use crate::sql::block::pinned;
use crate::sql::seals;
use crate::table::QualifiedName;
use crate::types::widens;

/// Nothing if the columns stay as they are.
pub(super) fn alter(change: &Change, moves: &Moves) -> Option<String> {
    let audit = &change.new.table.audit;
    let mut sql = String::new();
    for removed in &moves.removed {
        sql.push_str(&remove(change, removed));
    }
    for (before, after) in in_order(moves) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            sql,
            "ALTER TABLE {audit} RENAME COLUMN {} TO {};",
            identifier(&before),
            identifier(&after)
        );
        if let Some(seals) = sealed(change) {
            let _ = writeln!(sql, "{}", seals::rename(&seals, &before, &after));
        }
    }
    for (aside, name) in &moves.returned {
        sql.push_str(&take_back(change, aside, name));
    }
    for converted in &moves.converted {
        sql.push_str(&convert(change, converted));
    }
    for (name, value) in &change.defaults {
        if let Some(sql_type) = added_setting(change, moves, name) {
            let column = identifier(name);
            let _ = writeln!(
                sql,
                "ALTER TABLE {audit} ADD COLUMN IF NOT EXISTS {column} {sql_type} DEFAULT {};\n\
                 ALTER TABLE {audit} ALTER COLUMN {column} DROP DEFAULT;",
                literal(value)
            );
        }
    }
    (!sql.is_empty()).then_some(sql)
}

/// The seals, which name the columns that they cover, where there may be some.
fn sealed(change: &Change) -> Option<QualifiedName> {
    let (old, new) = (&change.old.table, &change.new.table);
    (old.seals || new.seals)
        .then(|| QualifiedName::new(new.audit.schema.clone(), names::seal_table(&new.audit.name)))
}

/// A rename of a column inside a block, and its trace in the seals.
fn rename_within(change: &Change, before: &str, after: &str) -> String {
    let mut sql = format!(
        "ALTER TABLE {} RENAME COLUMN {} TO {};",
        change.new.table.audit,
        identifier(before),
        identifier(after)
    );
    if let Some(seals) = sealed(change) {
        sql.push_str(&format!(
            "\n        {}",
            seals::rename(&seals, before, after)
        ));
    }
    sql
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
    let audit = &change.new.table.audit;
    let column = identifier(&removed.name);
    if change.drop_history {
        return format!("ALTER TABLE {audit} DROP COLUMN IF EXISTS {column};\n");
    }
    let default = change
        .defaults
        .iter()
        .find(|(name, _)| *name == removed.name);
    let recorded = match default {
        // The next way forth gives it to all rows again. As text, since json
        // has no equality.
        Some((_, value)) => format!(
            "{column}::pg_catalog.text IS DISTINCT FROM {}::{}::pg_catalog.text",
            literal(value),
            removed.sql_type
        ),
        None => format!("{column} IS NOT NULL"),
    };
    let mut stays = format!("EXISTS (SELECT FROM {audit} WHERE {recorded})");
    let mut forget = String::new();
    if let Some(seals) = sealed(change) {
        if default.is_some() {
            stays.push_str(&format!(
                " OR {} AND EXISTS (SELECT FROM {audit} WHERE {column} IS NOT NULL)",
                seals::cover(&seals, &removed.name)
            ));
        }
        forget = format!("\n        {}", seals::forget(&seals, &removed.name));
    }
    let keep = match &removed.aside {
        Some(aside) => rename_within(change, &removed.name, aside),
        None => "NULL;".to_owned(),
    };
    let body = format!(
        "\nBEGIN\n    \
             IF {stays} THEN\n        {keep}\n    \
             ELSE\n        ALTER TABLE {audit} DROP COLUMN {column};{forget}\n    \
             END IF;\n\
         END\n"
    );
    format!(
        "-- What is recorded stays; an empty column goes.\nDO {};\n",
        dollar(&body)
    )
}

/// On an earlier way back it may have had to make room.
fn take_back(change: &Change, aside: &str, name: &str) -> String {
    let audit = &change.new.table.audit;
    let body = format!(
        "    IF EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = {}::pg_catalog.regclass AND attname = {} AND NOT attisdropped
    ) THEN
        {}
    END IF;
",
        literal(&audit.to_string()),
        literal(aside),
        rename_within(change, aside, name),
    );
    pinned("", &body, None)
}

/// In place, unless a value would be rounded or does not fit: then the column
/// is put aside as it is, and a new one begins.
fn convert(change: &Change, converted: &Converted) -> String {
    let audit = &change.new.table.audit;
    let column = identifier(&converted.name);
    let (from, to) = (&converted.from, &converted.to);
    let in_place = format!("ALTER TABLE {audit} ALTER COLUMN {column} TYPE {to};\n");
    if widens(from, to) {
        return in_place;
    }
    let aside = rename_within(
        change,
        &converted.name,
        &names::aside(&converted.name, from),
    );
    // Equal numbers may have two texts, and seals are over the text.
    let text = match sealed(change) {
        Some(_) => "::pg_catalog.text",
        None => "",
    };
    let body = format!(
        "\nBEGIN\n    \
             IF EXISTS (SELECT FROM {audit} WHERE {column}::{to}::{from}{text} IS DISTINCT FROM {column}{text}) THEN\n        \
                 RAISE numeric_value_out_of_range;\n    \
             END IF;\n    \
             {in_place}\
         EXCEPTION WHEN numeric_value_out_of_range OR feature_not_supported THEN\n    \
             {aside}\n    \
             ALTER TABLE {audit} ADD COLUMN {column} {to};\n\
         END\n"
    );
    format!(
        "-- No value may be rounded or lost: where one would be, the column stays aside.\nDO {};\n",
        dollar(&body)
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
