//! Whether the history of a key is a chain: each audit row follows the state that
//! the row was in before.
//!
//! The source table says which state that is, in two columns of its own: `version`
//! is another one after each write, and `previous` is the version that this write
//! found, or NULL for an insert.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use diesel_audit_model::AuditedTable;
use diesel_audit_model::quote::{identifier, literal};

/// Compares the audit rows of a key, in the order of `audit_id`, with the versions
/// of its row. The key is written as [`key`] shows it.
///
/// # Panics
/// When the history is not a chain, or is empty.
pub fn assert_true_history(conn: &mut PgConnection, table: &AuditedTable, key: &str) {
    let faults = faults(conn, table, Some(key));
    assert!(
        faults.is_empty(),
        "the history of {key} in {}: {faults:#?}",
        table.audit
    );
}

/// What is wrong with the history of a key, or of all keys. A table that is
/// truncated has no such history.
///
/// # Panics
/// When the database does not answer.
pub fn faults(conn: &mut PgConnection, table: &AuditedTable, key: Option<&str>) -> Vec<String> {
    sql::<Array<Text>>(&question(table, key))
        .get_result(conn)
        .unwrap_or_else(|error| panic!("cannot follow the history of {}: {error}", table.source))
}

/// The key of a row of this alias, as a text: a blank separates its parts.
pub fn key(table: &AuditedTable, alias: &str) -> String {
    let columns = table.primary_key.iter();
    let columns: Vec<String> = columns
        .map(|column| format!("{alias}.{}", identifier(column)))
        .collect();
    format!("concat_ws(' ', {})", columns.join(", "))
}

/// A key that comes by an update has left another one, whose end is recorded before.
fn question(table: &AuditedTable, key: Option<&str>) -> String {
    let (of_history, of_source) = (self::key(table, "h"), self::key(table, "s"));
    let only = key.map_or_else(String::new, |key| format!("WHERE key = {}", literal(key)));
    let empty = key.map_or_else(String::new, |key| {
        format!(
            "UNION ALL SELECT 0, 'nothing is recorded of it' WHERE NOT EXISTS (SELECT FROM judged WHERE key = {})",
            literal(key)
        )
    });
    format!(
        "WITH history AS (
             SELECT h.audit_id, h.audit_operation AS operation, {of_history} AS key, h.version, h.previous,
                 lag(h.audit_operation) OVER life AS operation_before, lag(h.version) OVER life AS version_before,
                 lead(h.audit_id) OVER life IS NULL AS is_last
             FROM {audit} AS h WHERE h.audit_operation <> 'T'
             WINDOW life AS (PARTITION BY {of_history} ORDER BY h.audit_id)
         ), judged AS (
             SELECT *, coalesce(operation_before <> 'D', false) AS lives FROM history {only}
         ), state AS (
             SELECT {of_source} AS key, s.version FROM {source} AS s
         ), faults (audit_id, fault) AS (
             SELECT audit_id, format('%s %s of the key %s follows %s', operation, version, key,
                 coalesce(operation_before || ' ' || coalesce(version_before::text, '-'), 'nothing'))
             FROM judged
             WHERE NOT coalesce(CASE
                 WHEN operation IN ('I', 'B') THEN NOT lives AND previous IS NULL
                 WHEN operation = 'D' THEN lives AND version = version_before
                 WHEN lives THEN previous = version_before
                 ELSE EXISTS (
                     SELECT FROM {audit} AS d
                     WHERE d.audit_operation = 'D' AND d.version = judged.previous AND d.audit_id < judged.audit_id)
                 END, false)
             UNION ALL
             SELECT audit_id, format('the key %s ends with %s %s, and the table has %s',
                 key, operation, judged.version, coalesce(state.version::text, 'no such row'))
             FROM (SELECT * FROM judged WHERE is_last) AS judged
             LEFT JOIN state USING (key)
             WHERE state.version IS DISTINCT FROM CASE WHEN operation <> 'D' THEN judged.version END
             UNION ALL
             SELECT 0, format('the row %s has no history', key)
             FROM (SELECT * FROM state {only}) AS state
             WHERE key NOT IN (SELECT key FROM history)
             {empty}
         )
         SELECT coalesce(array_agg(fault ORDER BY audit_id), '{{}}') FROM faults",
        audit = table.audit,
        source = table.source,
    )
}
