//! The condition under which a change is recorded, as a function that the WHEN of
//! the triggers calls.
//!
//! Its names are looked up when it is installed, as in psql, and never again: its
//! body is parsed then, and PostgreSQL knows what it depends on. PostgreSQL puts
//! it into the WHEN as it stands, so that a change which is left out calls nothing
//! of ours, and computes it with the rights of the writer.
//!
//! <https://www.postgresql.org/docs/current/sql-createtrigger.html>

use crate::evolution::Change;
use crate::names::CORE_SCHEMA;
use crate::quote::literal;
use crate::table::{AuditedTable, RowOperation};

/// Creates the function; nothing without a condition. Its columns are those of the
/// source as it is now, and what is recorded depends on the answer alone, so
/// that everybody may ask.
pub(super) fn create(table: &AuditedTable) -> Option<String> {
    let (condition, function) = (table.when.as_ref()?, table.condition_function()?);
    let source = &table.source;
    Some(format!(
        "SELECT {CORE_SCHEMA}.finish();\n\
         CREATE OR REPLACE FUNCTION {function}(old {source}, new {source}, tg_op pg_catalog.text) RETURNS boolean\n    \
             LANGUAGE sql\n\
         RETURN (\n{condition}\n);\n\
         SELECT {CORE_SCHEMA}.go_on();\n\
         GRANT EXECUTE ON FUNCTION {function} TO PUBLIC;\n"
    ))
}

/// What the trigger of an operation asks. A change is recorded where the condition
/// is NULL: an audit fails towards recording.
pub(super) fn when(table: &AuditedTable, operation: RowOperation) -> Option<String> {
    let function = table.condition_function()?;
    let (old, new) = match operation {
        RowOperation::Insert => ("NULL", "NEW"),
        RowOperation::Update => ("OLD", "NEW"),
        RowOperation::Delete => ("OLD", "NULL"),
    };
    let event = literal(operation.event());
    Some(format!("{function}({old}, {new}, {event}) IS NOT FALSE"))
}

/// Whether triggers and function have to come anew.
pub(super) fn changes(change: &Change) -> bool {
    let (old, new) = (&change.old.table, &change.new.table);
    old.when != new.when || old.condition_function() != new.condition_function()
}

/// Drops the function, whose triggers are gone or ask nothing any more.
pub(super) fn drop(table: &AuditedTable) -> Option<String> {
    Some(format!(
        "DROP FUNCTION IF EXISTS {};\n",
        table.condition_function()?
    ))
}
