//! The condition under which a change is recorded, as a function that the WHEN of
//! the triggers calls.
//!
//! Its names are looked up when it is installed, as in psql, and never again: its
//! body is parsed then, and PostgreSQL knows what it depends on. PostgreSQL puts
//! it into the WHEN as it stands, so that a change which is left out calls nothing
//! of ours, and computes it with the rights of the writer.
//!
//! <https://www.postgresql.org/docs/current/sql-createtrigger.html>

use std::collections::BTreeMap;

use crate::evolution::Change;
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::operation::RowOperation;
use diesel_audit_model::quote::{identifier, literal};
use diesel_audit_model::table::AuditedTable;
use diesel_audit_model::types::PgType;

/// Creates the function; nothing without a condition. Its columns are those of the
/// source as it is now, and what is recorded depends on the answer alone, so
/// that everybody may ask. A change is recorded where the condition is NULL: an audit
/// fails towards recording.
pub(super) fn create(table: &AuditedTable) -> Option<String> {
    let (condition, function) = (table.policy.when.as_ref()?, table.condition_function()?);
    let source = &table.source;
    Some(format!(
        "SELECT {CORE_SCHEMA}.finish();\n\
         CREATE OR REPLACE FUNCTION {function}(old {source}, new {source}, tg_op pg_catalog.text) RETURNS boolean\n    \
             LANGUAGE sql\n\
         RETURN (\n{condition}\n) IS NOT FALSE;\n\
         SELECT {CORE_SCHEMA}.go_on();\n\
         SELECT {CORE_SCHEMA}.open_condition({});\n",
        literal(&function.to_string())
    ))
}

/// Whether the source changes in a way that PostgreSQL may refuse because the function
/// names its columns; nobody here knows whether it does.
fn is_in_the_way(change: &Change) -> bool {
    let (old, new) = (&change.old.table, &change.new.table);
    old.policy.when.is_some() && columns(old) != columns(new)
}

/// All columns of the source, with their types as far as they are known.
fn columns(table: &AuditedTable) -> BTreeMap<&str, Option<&PgType>> {
    let listed = table
        .columns
        .iter()
        .map(|column| (&*column.name, Some(&column.sql_type)));
    let unlisted = table.unlisted.iter().map(|name| (&**name, None));
    listed.chain(unlisted).collect()
}

/// Lets the application change the columns that the function may name; nothing where it
/// names none that change. Until the function is created again, every change is recorded.
pub(super) fn step_aside(change: &Change) -> Option<String> {
    let old = &change.old.table;
    let function = old.condition_function()?;
    let source = &old.source;
    is_in_the_way(change).then(|| {
        format!(
            "-- The condition may be about columns that change. Until it is back, everything is recorded.\n\
             CREATE OR REPLACE FUNCTION {function}(old {source}, new {source}, tg_op pg_catalog.text) RETURNS boolean\n    \
                 LANGUAGE sql\nRETURN true;\n"
        )
    })
}

/// Brings the function from one state to the other; nothing if it stays. One that says
/// the same under another name moves, since the source may be called as before or not.
pub(super) fn change(change: &Change) -> Option<String> {
    let (old, new) = (&change.old.table, &change.new.table);
    if changes(change) || is_in_the_way(change) {
        return create(new);
    }
    let (mut before, after) = (old.condition_function()?, new.condition_function()?);
    let mut sql = String::new();
    if before.schema != after.schema {
        sql.push_str(&format!(
            "ALTER FUNCTION {before} SET SCHEMA {};\n",
            identifier(&after.schema)
        ));
        before.schema = after.schema;
    }
    if before.name != after.name {
        sql.push_str(&format!(
            "ALTER FUNCTION {before} RENAME TO {};\n",
            identifier(&after.name)
        ));
    }
    (!sql.is_empty()).then_some(sql)
}

/// Drops the function of before, unless [`change`] has kept it.
pub(super) fn drop_old(change: &Change) -> Option<String> {
    let (old, new) = (&change.old.table, &change.new.table);
    let comes_anew = changes(change) || is_in_the_way(change);
    let has_another = old.condition_function() != new.condition_function();
    (comes_anew && has_another).then(|| drop(old)).flatten()
}

/// What the trigger of an operation asks.
pub(super) fn when(table: &AuditedTable, operation: RowOperation) -> Option<String> {
    let function = table.condition_function()?;
    let (old, new) = match operation {
        RowOperation::Insert => ("NULL", "NEW"),
        RowOperation::Update => ("OLD", "NEW"),
        RowOperation::Delete => ("OLD", "NULL"),
    };
    let event = literal(operation.event());
    Some(format!("{function}({old}, {new}, {event})"))
}

/// Whether the triggers have to come anew.
pub(super) fn changes(change: &Change) -> bool {
    change.old.table.policy.when != change.new.table.policy.when
}

/// Drops the function, whose triggers are gone or ask nothing any more.
pub(super) fn drop(table: &AuditedTable) -> Option<String> {
    Some(format!(
        "DROP FUNCTION IF EXISTS {};\n",
        table.condition_function()?
    ))
}
