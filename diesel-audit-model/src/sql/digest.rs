//! The keyed digest of a value: HMAC-SHA-256 of its text.
//!
//! <https://www.rfc-editor.org/rfc/rfc2104>

use crate::quote::literal;
use crate::sql::formats::FORMATS;
use crate::table::{AuditedTable, Column, Recording};

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

/// The digest of a value, or NULL for NULL. `inner` and `outer` are the key's
/// pads.
///
/// The text comes from the type's own output function, since a cast may be
/// anybody's. Its bytes are taken as they are: `convert_to` would look into them
/// and show those that it finds invalid.
pub(super) fn of(value: &str, inner: &str, outer: &str) -> String {
    format!(
        "CASE WHEN pg_catalog.num_nulls({value}) OPERATOR(pg_catalog.=) 0 THEN \
         pg_catalog.sha256({outer} OPERATOR(pg_catalog.||) pg_catalog.sha256({inner} OPERATOR(pg_catalog.||) \
         pg_catalog.decode(pg_catalog.replace(pg_catalog.format('%s', {value}) COLLATE pg_catalog.\"C\",{one}, {two}), 'escape'))) END",
        one = literal("\\"),
        two = literal("\\\\").trim_start(),
    )
}
