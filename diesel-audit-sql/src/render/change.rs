//! The statements of a change.

use std::fmt::Write;

use super::{
    append_only, columns, condition, fit, function, index, seals, settings, table, trigger,
};
use crate::evolution::Change;
use crate::state::state;
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::quote::{identifier, literal};
use diesel_audit_model::table::AuditedTable;

/// Three paragraphs, in the order in which nothing is missing when it is needed: the audit table
/// first, then the functions that write to it, if they are other ones, then the triggers that
/// call the functions, and what was there before at the end.
pub(super) fn statements(change: &Change) -> Vec<String> {
    let (old, new) = (&change.old.table, &change.new.table);
    let moves = change.moves();
    let mut before = super::expect(&old.audit, &literal(&state(old)), &state(new));
    before.extend(move_table(old, new));
    if new.policy.seals && !old.policy.seals {
        before.extend(seals::create(new));
    }
    before.extend(columns::alter(change, &moves));
    before.push_str(&fit::check(&fit::Fit::of_change(change)));
    before.extend(defaults(old, new));
    before.push_str(&index::change(change, &moves));
    before.extend(condition::change(change));
    let mut after = String::new();
    after.extend(trigger::change(change));
    after.extend(old_functions(change));
    after.extend(append_only::change(old, new));
    after.extend(seals::end(old, new));
    after.push_str(&super::close(new, &source(change)));
    if old.audit.schema != new.audit.schema {
        after.push_str(&format!(
            "SELECT {CORE_SCHEMA}.leave_schema({});\n",
            literal(&old.audit.schema)
        ));
    }
    let functions = function::create(new);
    let is_as_before = functions == function::create(old) && change.retyped().next().is_none();
    match is_as_before {
        true => vec![before + &after],
        false => vec![before, functions, after],
    }
}

/// Only what differs: another one has a lock of its own.
fn defaults(old: &AuditedTable, new: &AuditedTable) -> Option<String> {
    let (before, after) = (settings::defaults(old), settings::defaults(new));
    if before == after && old.audit == new.audit {
        return None;
    }
    let ended: String = before
        .iter()
        .filter(|(column, _)| !after.iter().any(|(other, _)| other == column))
        .map(|(column, _)| {
            format!(
                "SELECT {CORE_SCHEMA}.drop_default({}, {});\n",
                literal(&new.audit.to_string()),
                literal(column)
            )
        })
        .collect();
    Some(ended + &settings::set_defaults(new).unwrap_or_default())
}

/// The functions of before that nothing calls any more.
fn old_functions(change: &Change) -> Option<String> {
    let (old, new) = (&change.old.table, &change.new.table);
    let stays = new.functions();
    let ended = old.functions().into_iter().filter(|f| !stays.contains(f));
    let mut sql: String = ended
        .map(|function| format!("DROP FUNCTION IF EXISTS {function}();\n"))
        .collect();
    sql.push_str(&condition::drop_old(change).unwrap_or_default());
    (!sql.is_empty()).then_some(sql)
}

fn move_table(old: &AuditedTable, new: &AuditedTable) -> Option<String> {
    if old.audit == new.audit {
        return None;
    }
    let mut sql = String::new();
    let mut now = old.audit.clone();
    if old.audit.schema != new.audit.schema {
        sql.push_str(&table::make_schema(&new.audit.schema));
        // Writing to a String cannot fail.
        let _ = writeln!(
            sql,
            "ALTER TABLE {now} SET SCHEMA {};",
            identifier(&new.audit.schema)
        );
        now.schema = new.audit.schema.clone();
    }
    if old.audit.name != new.audit.name {
        let _ = writeln!(
            sql,
            "ALTER TABLE {now} RENAME TO {};",
            identifier(&new.audit.name)
        );
        sql.push_str(&index::rename(old, new));
    }
    sql.push_str(&seals::moved(old, new).unwrap_or_default());
    Some(sql)
}

/// The source table by an expression that gives its name. Where the name changes,
/// the migration that renames it may come before or after: the core knows the table.
pub(super) fn source(change: &Change) -> String {
    let new = &change.new.table;
    if !change.moves_source() {
        return literal(&new.source.to_string());
    }
    format!(
        "{CORE_SCHEMA}.source_of({})",
        literal(&new.audit.to_string())
    )
}
