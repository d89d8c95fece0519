//! The statement that seals what is not sealed yet.

use super::{COLUMNS, hash, number};
use diesel_audit_model::quote::literal;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// A block ends behind the transaction with which it has so many rows.
const BLOCK_ROWS: u32 = 100_000;

/// Every transaction of a lower number has ended, and is seen by the statement.
const HORIZON: &str = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

/// Where the chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Last {
    /// The number of the last seal.
    pub(crate) seal_id: i64,
    /// Below this every transaction is sealed; nothing if none is.
    pub(crate) to_transaction: Option<i64>,
    /// Behind this the rows of the era begin.
    pub(crate) after_id: Option<i64>,
    /// The end of the era, if the last seal has closed it.
    pub(crate) up_to_id: Option<i64>,
    /// The digest in hexadecimal digits.
    pub(crate) digest: String,
    /// The highest `audit_id` that is sealed.
    pub(crate) last_id: Option<i64>,
}

/// Asks for the horizon and the end of the chain: one row, whose first cell is
/// the horizon, and whose other ones are a [`Last`] or NULL.
pub(crate) fn last(seals: &QualifiedName) -> String {
    format!(
        "SELECT ARRAY[({HORIZON})::text, last.seal_id::text, last.to_transaction::text, last.after_id::text, last.up_to_id::text,
    encode(last.digest, 'hex'), (SELECT max(last_id) FROM {seals})::text]::text[] AS cells
FROM (VALUES (1)) AS one LEFT JOIN LATERAL (SELECT * FROM {seals} ORDER BY seal_id DESC LIMIT 1) AS last ON true"
    )
}

/// Seals the rows of all transactions that have ended. It answers with one row,
/// or none if there was nothing to seal: the number of the last seal, its digest,
/// and how many rows the new seals have together.
///
/// `closes` ends an era: one block has all rows that are not sealed, whatever the
/// numbers of their transactions, and the next one begins behind them. It is
/// right while nobody writes to the audit table.
pub(crate) fn statement(
    table: &AuditedTable,
    seals: &QualifiedName,
    columns: &[String],
    last: Option<&Last>,
    closes: bool,
) -> String {
    let is_new_era = last.is_none_or(|last| last.up_to_id.is_some());
    let after = last.and_then(|last| last.up_to_id.or(last.after_id));
    let from = last
        .filter(|_| !is_new_era)
        .and_then(|last| last.to_transaction);
    let last_id = last.and_then(|last| last.last_id);
    let first = last.map_or(1, |last| last.seal_id + 1);
    let before = last.map_or_else(
        || "''::bytea".to_owned(),
        |last| format!("decode({}, 'hex')", literal(&last.digest)),
    );
    let mut fresh = Vec::new();
    fresh.extend(after.map(|after| format!("past.audit_id > {after}")));
    fresh.extend(from.map(|from| format!("past.audit_transaction_id >= {from}")));
    if !closes {
        fresh.push(format!("past.audit_transaction_id < {HORIZON}"));
    }
    if fresh.is_empty() {
        fresh.push("true".to_owned());
    }
    let rows = "count(*) AS row_count, min(audit_id) AS first_id, max(audit_id) AS last_id";
    let rows = format!("{rows}, {} AS rows_digest", hash::rows("digest"));
    let block = if closes {
        // The numbers of rows of before may be those of transactions to come.
        format!(
            "SELECT 1::bigint AS n, NULL::bigint AS to_transaction,
        greatest(max(audit_id), {}, {}, 0) AS up_to_id, {rows}
    FROM fresh",
            number(last_id),
            number(after),
        )
    } else {
        format!(
            "SELECT row_number() OVER (ORDER BY block) AS n,
        coalesce(lead(min(tx)) OVER (ORDER BY block), {HORIZON}) AS to_transaction, NULL::bigint AS up_to_id, {rows}
    FROM (SELECT *, (rank() OVER (ORDER BY tx) - 1) / {BLOCK_ROWS} AS block FROM fresh) AS placed
    GROUP BY block"
        )
    };
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let covered: Vec<String> = columns.iter().map(|column| literal(column)).collect();
    format!(
        "WITH RECURSIVE fresh AS (
    SELECT past.audit_id, past.audit_transaction_id AS tx, {row} AS digest FROM {audit} AS past WHERE {fresh}
), block AS (
    {block}
), headed AS (
    SELECT {first} + n - 1 AS seal_id, coalesce(lag(to_transaction) OVER (ORDER BY n), {from}) AS from_transaction,
        to_transaction, {after} AS after_id, up_to_id, first_id, last_id, row_count,
        ARRAY[{covered}]::text[] AS columns, rows_digest, now() AS sealed_at
    FROM block
), chained AS (
    SELECT headed.*, {first_digest} AS digest FROM headed WHERE seal_id = {first}
    UNION ALL
    SELECT headed.*, {next_digest} FROM chained JOIN headed ON headed.seal_id = chained.seal_id + 1
), sealed AS (
    INSERT INTO {seals} ({names}) SELECT {names} FROM chained RETURNING seal_id, digest, row_count
)
SELECT ARRAY[seal_id::text, encode(digest, 'hex'), (SELECT sum(row_count) FROM sealed)::text]::text[] AS cells
FROM sealed ORDER BY seal_id DESC LIMIT 1",
        row = hash::row("past", columns, columns),
        audit = table.audit,
        fresh = fresh.join(" AND "),
        from = number(from),
        after = number(after),
        covered = covered.join(", "),
        first_digest = hash::seal(&before, "headed"),
        next_digest = hash::seal("chained.digest", "headed"),
        names = names.join(", "),
    )
}
