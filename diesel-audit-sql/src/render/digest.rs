//! The keyed digest of a value: HMAC-SHA-256 of its text.
//!
//! <https://www.rfc-editor.org/rfc/rfc2104>

use super::body::line;
use super::formats::FORMATS;
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::quote::literal;
use diesel_audit_model::table::{AuditedTable, Column, QualifiedName, Recording};

/// The columns whose digests are recorded.
fn hashed(table: &AuditedTable) -> impl Iterator<Item = &Column> {
    let columns = table.recorded_columns();
    columns.filter(|column| column.recording == Recording::Hash)
}

/// Whether any digest is recorded.
pub(crate) fn is_recorded(table: &AuditedTable) -> bool {
    hashed(table).next().is_some()
}

/// The settings that a digest has to be made under; none where all hashed
/// columns are text already.
pub(super) fn formats(table: &AuditedTable) -> &'static [(&'static str, &'static str)] {
    match hashed(table).all(|column| column.sql_type.is_text()) {
        true => &[],
        false => &FORMATS,
    }
}

/// The variables of a trigger function for the key.
pub(super) const INNER: &str = "inner_pad";
pub(super) const OUTER: &str = "outer_pad";

/// The digest of a value, or NULL for NULL. `inner` and `outer` are the key's
/// pads. The text comes from the type's own output function, since a cast may be
/// anybody's.
pub(super) fn of(value: &str, inner: &str, outer: &str) -> String {
    format!(
        "{CORE_SCHEMA}.digest(pg_catalog.num_nulls({value}), pg_catalog.format('%s', {value}), {inner}, {outer})"
    )
}

/// The table with the key, which all digests of a database share. Who reads it can
/// find a value by trying.
pub(crate) fn key() -> QualifiedName {
    QualifiedName::new(CORE_SCHEMA, "hash_key")
}

/// The pads, as expressions of a statement that reads them once.
pub(super) fn pads(table: &AuditedTable) -> [String; 2] {
    [INNER, OUTER].map(|pad| format!("(SELECT {pad} FROM {})", of_core(table)))
}

/// The core's answer, which is an error without the key: a digest by no key would be
/// taken for one that nobody can compare.
fn of_core(table: &AuditedTable) -> String {
    format!("{CORE_SCHEMA}.pads({})", literal(&table.source.to_string()))
}

pub(super) fn declare(body: &mut String, table: &AuditedTable) {
    if is_recorded(table) {
        line(body, 1, &format!("{INNER} pg_catalog.bytea;"));
        line(body, 1, &format!("{OUTER} pg_catalog.bytea;"));
    }
}

pub(super) fn read_key(body: &mut String, table: &AuditedTable) {
    if is_recorded(table) {
        let pads = of_core(table);
        let select = format!("SELECT k.{INNER}, k.{OUTER} INTO {INNER}, {OUTER} FROM {pads} AS k;");
        line(body, 1, &select);
    }
}
