//! The seals of an audit table: where they are kept, how rows are sealed after
//! their commit, and how a seal is recomputed.
//!
//! A block holds the rows of a range of transactions, all of which had ended
//! when it was sealed. So no row can come to it later; a range of `audit_id`
//! would let a transaction in that commits late.
//!
//! <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT>

mod check;
mod hash;
mod install;
mod seal;

pub(crate) use check::{Blocks, eras, page, rows, unknown};
pub(crate) use install::{close, create, create_index, create_table, end, index, moved};
pub(crate) use seal::{Last, last, statement};

use super::formats;
use crate::migration::LockTimeout;
use diesel_audit_model::quote::literal;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// The columns of the seals, with their types.
pub(crate) const COLUMNS: [(&str, &str); 12] = [
    ("seal_id", "bigint"),
    ("from_transaction", "bigint"),
    ("to_transaction", "bigint"),
    ("after_id", "bigint"),
    ("up_to_id", "bigint"),
    ("first_id", "bigint"),
    ("last_id", "bigint"),
    ("row_count", "bigint"),
    ("columns", "text[]"),
    ("rows_digest", "bytea"),
    ("digest", "bytea"),
    ("sealed_at", "timestamp with time zone"),
];

/// Asks whether audit table and seals are there: one row with two cells.
pub(crate) fn exists(table: &AuditedTable, seals: &QualifiedName) -> String {
    format!(
        "SELECT ARRAY[pg_catalog.to_regclass({}) IS NOT NULL, pg_catalog.to_regclass({}) IS NOT NULL]::pg_catalog.text[] AS cells",
        literal(&table.audit.to_string()),
        literal(&seals.to_string()),
    )
}

/// What a transaction that seals or recomputes begins with, before its snapshot.
/// Readers and writers of the audit table go on, unless `audit_mode` says more.
pub(crate) fn settle(
    table: &AuditedTable,
    seals: &QualifiedName,
    audit_mode: &str,
    seals_mode: &str,
    lock_timeout: &LockTimeout,
) -> String {
    format!(
        "{}\
         SET LOCAL row_security = off;\n\
         SET LOCAL lock_timeout = {};\n\
         SET LOCAL jit = off;\n\
         LOCK TABLE {} IN {audit_mode} MODE;\n\
         LOCK TABLE {seals} IN {seals_mode} MODE;\n",
        formats::set_local(),
        literal(&lock_timeout.to_string()),
        table.audit,
    )
}

/// Asks for the columns of the audit table, in order: a row with one cell each.
pub(crate) fn columns(table: &AuditedTable) -> String {
    format!(
        "SELECT ARRAY[attname]::text[] AS cells FROM pg_attribute \
         WHERE attrelid = {}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        literal(&table.audit.to_string()),
    )
}

fn number(number: Option<i64>) -> String {
    number.map_or_else(
        || "NULL::bigint".to_owned(),
        |number| format!("{number}::bigint"),
    )
}
