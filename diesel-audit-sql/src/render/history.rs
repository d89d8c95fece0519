//! What becomes of the audit table of a table that is audited no more.

use crate::state::state;
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::quote::literal;
use diesel_audit_model::table::AuditedTable;

/// Keeps it, unless it holds nothing.
pub(super) fn leave(table: &AuditedTable) -> String {
    statement(table, "")
}

/// Drops it with all its rows.
pub(super) fn drop(table: &AuditedTable) -> String {
    statement(table, ", drops => true")
}

fn statement(table: &AuditedTable, more: &str) -> String {
    let seals = match table.seal_table() {
        Some(seals) => format!(", seals => {}", literal(&seals.to_string())),
        None => String::new(),
    };
    format!(
        "SELECT {CORE_SCHEMA}.leave({}, from_state => {}{seals}{more});\n",
        literal(&table.audit.to_string()),
        literal(&state(table)),
    )
}
