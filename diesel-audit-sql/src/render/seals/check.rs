//! The queries that recompute seals, in one snapshot.

use super::hash;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// Asks for the seals that close an era: rows of two cells, the number and the
/// last `audit_id` of the era.
pub(crate) fn eras(seals: &QualifiedName) -> String {
    format!(
        "SELECT ARRAY[seal_id, up_to_id]::text[] AS cells FROM {seals} WHERE up_to_id IS NOT NULL ORDER BY seal_id"
    )
}

/// Asks for the next seals: rows of the columns in their order, where digests are
/// hexadecimal and the columns are counted and follow at the end, and before these
/// whether the digest follows from the seal before.
pub(crate) fn page(seals: &QualifiedName, behind: i64, size: u32) -> String {
    format!(
        "SELECT ARRAY[
    seal.seal_id::text, seal.from_transaction::text, seal.to_transaction::text, seal.after_id::text,
    seal.up_to_id::text, seal.first_id::text, seal.last_id::text, seal.row_count::text,
    encode(seal.rows_digest, 'hex'), encode(seal.digest, 'hex'), seal.sealed_at::text, ({} = seal.digest)::text
]::text[] || seal.columns AS cells
FROM {seals} AS seal LEFT JOIN {seals} AS before ON before.seal_id = seal.seal_id - 1
WHERE seal.seal_id > {behind} ORDER BY seal.seal_id LIMIT {size}",
        hash::seal("coalesce(before.digest, ''::bytea)", "seal"),
    )
}

/// Some blocks that follow each other, of one era and over the same columns.
pub(crate) struct Blocks<'a> {
    pub(crate) after_id: Option<i64>,
    pub(crate) up_to_id: Option<i64>,
    pub(crate) from: Option<i64>,
    /// Where each block ends, in order.
    pub(crate) to: &'a [Option<i64>],
    pub(crate) columns: &'a [String],
}

/// Recomputes the rows of these blocks in one pass: a row for each block that has
/// any, with its position, how many rows it has, and their digest.
pub(crate) fn rows(table: &AuditedTable, blocks: &Blocks<'_>, has: &[String]) -> String {
    let (last, inner) = blocks.to.split_last().unwrap_or((&None, &[]));
    let bound = |operator: &str, column: &str, value: Option<i64>| {
        value.map(|value| format!("past.{column} {operator} {value}"))
    };
    let within: Vec<String> = [
        Some("past.audit_transaction_id IS NOT NULL".to_owned()),
        bound(">", "audit_id", blocks.after_id),
        bound("<=", "audit_id", blocks.up_to_id),
        bound(">=", "audit_transaction_id", blocks.from),
        bound("<", "audit_transaction_id", *last),
    ]
    .into_iter()
    .flatten()
    .collect();
    let bounds: Vec<String> = inner.iter().flatten().map(i64::to_string).collect();
    let position = match bounds.is_empty() {
        true => "0".to_owned(),
        false => format!(
            "width_bucket(past.audit_transaction_id, '{{{}}}'::bigint[])",
            bounds.join(",")
        ),
    };
    format!(
        "SELECT ARRAY[position::text, count(*)::text, encode({digest}, 'hex')]::text[] AS cells
FROM (SELECT past.audit_id, {position} AS position, {row} AS digest FROM {audit} AS past WHERE {within}) AS placed
GROUP BY position",
        digest = hash::rows("digest"),
        row = hash::row("past", blocks.columns, has),
        audit = table.audit,
        within = within.join(" AND "),
    )
}

/// Asks for rows of the last era whose transaction is not one of this server's:
/// how many there are, and the first of them.
pub(crate) fn unknown(table: &AuditedTable, after_id: Option<i64>) -> String {
    let behind = after_id.map_or_else(String::new, |id| format!("past.audit_id > {id} AND "));
    format!(
        "SELECT ARRAY[count(*)::text, min(past.audit_id)::text]::text[] AS cells FROM {} AS past
WHERE {behind}past.audit_transaction_id >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint OR past.audit_transaction_id IS NULL",
        table.audit
    )
}
