//! The statements of a change.

use std::fmt::Write;

use crate::evolution::Change;
use crate::names;
use crate::quote::{identifier, literal};
use crate::sql::{
    append_only, columns, condition, digest, fit, function, hash_key, history, privileges, seals,
    table, trigger,
};
use crate::table::AuditedTable;

/// In the order in which nothing is missing when it is needed: the audit table
/// first, then the function that writes to it, then the triggers that call the
/// function, and what was there before at the end.
pub(super) fn statements(change: &Change) -> Vec<String> {
    let (old, new) = (&change.old.table, &change.new.table);
    let moves = change.moves();
    let mut parts = Vec::new();
    parts.extend(move_table(old, new));
    if new.seals && !old.seals {
        parts.extend(seals::create(new));
    }
    parts.extend(columns::alter(change, &moves));
    parts.push(fit::check(&fit::Fit::of_change(change)));
    if change.moves_key(&moves) {
        parts.push(format!(
            "DROP INDEX IF EXISTS {}.{};\n{}",
            identifier(&new.audit.schema),
            identifier(&names::key_index(&new.audit.name)),
            table::index(new).unwrap_or_default()
        ));
    }
    parts.extend(condition::check_of_change(change));
    let moved_from = (old.audit.schema != new.audit.schema).then_some(&*old.audit.schema);
    if moved_from.is_some() || !digest::is_recorded(old) {
        parts.extend(hash_key::create(new, moved_from));
    }
    parts.push(function::create(new));
    if change.moves_function() {
        parts.push(privileges::close(new));
    }
    parts.extend(trigger::change(change));
    if change.moves_function() {
        parts.push(function::drop(old));
    }
    parts.extend(append_only::change(old, new));
    parts.extend(seals::end(old, new));
    if moved_from.is_some() || !digest::is_recorded(new) {
        parts.extend(hash_key::leave(old));
    }
    if old.audit.schema != new.audit.schema {
        parts.push(history::drop_schema(&old.audit.schema));
    }
    parts
}

fn move_table(old: &AuditedTable, new: &AuditedTable) -> Option<String> {
    if old.audit == new.audit {
        return None;
    }
    let mut sql = String::new();
    let mut now = old.audit.clone();
    if old.audit.schema != new.audit.schema {
        sql.push_str(&table::create_schema(&new.audit.schema));
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
        let _ = writeln!(
            sql,
            "ALTER INDEX IF EXISTS {}.{} RENAME TO {};",
            identifier(&now.schema),
            identifier(&names::key_index(&old.audit.name)),
            identifier(&names::key_index(&new.audit.name))
        );
    }
    sql.push_str(&seals::moved(old, new).unwrap_or_default());
    Some(sql)
}

/// The source table by an expression that gives its `regclass`. Where its name
/// changes, the migration that renames it may come before or after: it is the
/// table whose trigger calls the function of before.
pub(super) fn source(change: &Change) -> String {
    let (old, new) = (&change.old.table, &change.new.table);
    if !change.moves_source() {
        return format!("{}::pg_catalog.regclass", literal(&new.source.to_string()));
    }
    format!(
        "(SELECT DISTINCT tgrelid FROM pg_catalog.pg_trigger WHERE NOT tgisinternal AND tgparentid = '0' \
         AND tgfoid = {}::pg_catalog.regprocedure::pg_catalog.oid AND tgname IN ({}, {}))",
        literal(&format!("{}()", old.function_name())),
        literal(&old.trigger),
        literal(&names::truncate_trigger(&old.trigger)),
    )
}
