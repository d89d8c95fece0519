//! What goes into a hash.

use diesel_audit_model::quote::identifier;

/// The hash of one row. A column that is gone counts as NULL, so that an empty
/// one can go.
pub(super) fn row(alias: &str, covered: &[String], has: &[String]) -> String {
    let values: Vec<String> = covered
        .iter()
        .map(|column| match has.contains(column) {
            true => format!("{alias}.{}", identifier(column)),
            false => "NULL".to_owned(),
        })
        .collect();
    text(&format!("ROW({})::text", values.join(", ")))
}

/// The hash of the hashes of some rows, 32 bytes of memory for each.
pub(super) fn rows(digest: &str) -> String {
    format!("sha256(coalesce(string_agg({digest}, ''::bytea ORDER BY audit_id), ''::bytea))")
}

/// The hash of a seal: of the one before, of what it says of its block, and of
/// its rows, 32 bytes each. The columns are no part of it: their names may change, and what
/// they hold is in the rows.
pub(super) fn seal(before: &str, seal: &str) -> String {
    let says = [
        "seal_id",
        "from_transaction",
        "to_transaction",
        "after_id",
        "up_to_id",
        "first_id",
        "last_id",
        "row_count",
        "sealed_at",
    ];
    let says = says.map(|column| format!("{seal}.{column}"));
    format!(
        "sha256({before} || {} || {seal}.rows_digest)",
        text(&format!("ROW({})::text", says.join(", ")))
    )
}

/// A database without an encoding has bytes that are no UTF-8.
fn text(text: &str) -> String {
    format!(
        "sha256(convert_to({text}, CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END))"
    )
}
