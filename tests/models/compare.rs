//! Whether the audit rows of one statement are what it did: byte for byte, no
//! more, no less, in order.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use diesel_audit_model::names::changed_column;
use diesel_audit_model::quote::{identifier, literal};
use diesel_audit_model::{AuditedTable, Column, Recording};

use crate::support::{ALICE, texts};

/// What came of a statement that was to be recorded.
#[derive(Debug)]
pub enum Fault {
    /// The database refused the statement.
    Refused(String),
    /// The statement is done, and its audit rows are not as they must be.
    Mismatch(String),
}

/// Runs a statement in a transaction of Alice's and compares what it did to
/// `table` with the audit rows that it left, whose operations are to be these.
///
/// # Errors
/// The statement was refused, or its rows are not as they must be.
///
/// Rows are compared by `*=`, that is by their bytes: `=` takes different
/// values of some types for equal, and others have none.
///
/// <https://www.postgresql.org/docs/current/functions-comparisons.html#COMPOSITE-TYPE-COMPARISON>
pub fn recorded(
    conn: &mut PgConnection,
    table: &AuditedTable,
    statement: &str,
    operations: &str,
) -> Result<(), Fault> {
    let refused = |error: diesel::result::Error| Fault::Refused(error.to_string());
    let source = images(conn, table).map_err(refused)?;
    let (before, question) = (source.before(table), source.question(table, operations));
    let faults: Vec<String> = conn
        .transaction(|conn| {
            conn.batch_execute(ALICE)?;
            conn.batch_execute(&before)?;
            conn.batch_execute(statement)?;
            Ok(sql::<Array<Text>>(&question).get_result(conn))
        })
        .map_err(refused)?
        .unwrap_or_else(|error| vec![error.to_string()]);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Fault::Mismatch(faults.join("; ")))
    }
}

/// How to write a row of the source, whose alias is `s`, and its key.
struct Images {
    row: String,
    key: Option<String>,
}

/// A domain's values are compared in its base type, which its history has.
fn images(conn: &mut PgConnection, table: &AuditedTable) -> QueryResult<Images> {
    let mut fields = Vec::new();
    for column in values(table) {
        let base: String = sql::<Text>(&format!(
            "WITH RECURSIVE base (type) AS (
                 SELECT atttypid FROM pg_attribute
                 WHERE attrelid = {}::regclass AND attname = {} AND attnum > 0
                 UNION ALL
                 SELECT typbasetype FROM base JOIN pg_type ON oid = type WHERE typtype = 'd'
             )
             SELECT format_type(type, -1) FROM base JOIN pg_type ON oid = type WHERE typtype <> 'd'",
            literal(&table.source.to_string()),
            literal(&column.name),
        ))
        .get_result(conn)?;
        fields.push(format!("s.{}::{base}", identifier(&column.name)));
    }
    let key: Vec<String> = table
        .primary_key
        .iter()
        .map(|key| format!("s.{}", identifier(key)))
        .collect();
    Ok(Images {
        row: format!("ROW({})::record", fields.join(", ")),
        key: (!key.is_empty()).then(|| format!("ROW({})::record", key.join(", "))),
    })
}

impl Images {
    /// Keeps the rows as they are before the statement.
    fn before(&self, table: &AuditedTable) -> String {
        format!(
            "CREATE TEMPORARY TABLE source_before ON COMMIT DROP AS SELECT * FROM {}",
            table.source
        )
    }

    /// Asks for all faults. The rows of the source that this transaction has
    /// written are those that carry its number.
    fn question(&self, table: &AuditedTable, operations: &str) -> String {
        let history: Vec<String> = values(table)
            .map(|column| of_history(table, column))
            .collect();
        let still_there = match &self.key {
            Some(key) => format!("(SELECT {key} FROM {} s)", table.source),
            None => "(SELECT NULL::record WHERE false)".to_owned(),
        };
        let key = self.key.as_deref().unwrap_or("NULL::record");
        format!(
            "WITH written AS (
                 SELECT {row} AS image FROM {source} s
                 WHERE s.xmin::text = pg_current_xact_id()::xid::text
             ), gone AS (
                 SELECT {row} AS image, {key} AS key FROM source_before s
             ), history AS (
                 SELECT h.audit_id, h.audit_operation, h.audit_username, ROW({history})::record AS image
                 FROM {audit} h
                 WHERE h.audit_transaction_id = pg_current_xact_id()::text::bigint
                     AND h.audit_transaction_timestamp = now()
             ), faults (fault) AS (
                 SELECT format('the operations are %s and not %s', coalesce(done, 'none'), {operations})
                 FROM (SELECT string_agg(audit_operation, '' ORDER BY audit_id) FROM history) AS all_of (done)
                 WHERE coalesce(done, '') <> {operations}
                 UNION ALL
                 SELECT format('the row that was written is not in the history: %s', left(w.image::text, 300))
                 FROM written w
                 WHERE NOT EXISTS (
                     SELECT FROM history h WHERE h.audit_operation IN ('I', 'U') AND h.image *= w.image)
                 UNION ALL
                 SELECT format('%s %s was not written', h.audit_operation, left(h.image::text, 300))
                 FROM history h
                 WHERE h.audit_operation IN ('I', 'U')
                     AND NOT EXISTS (SELECT FROM written w WHERE w.image *= h.image)
                 UNION ALL
                 SELECT format('D %s was not there, or still is', left(h.image::text, 300))
                 FROM history h
                 WHERE h.audit_operation = 'D' AND NOT EXISTS (
                     SELECT FROM gone g WHERE g.image *= h.image
                         AND NOT EXISTS (SELECT FROM {still_there} AS s (key) WHERE s.key *= g.key))
                 UNION ALL
                 SELECT format('T has values: %s', h.image::text) FROM history h
                 WHERE h.audit_operation = 'T' AND NOT (h.image IS NULL)
                 UNION ALL
                 SELECT format('the user is %L', h.audit_username)
                 FROM history h WHERE h.audit_username IS DISTINCT FROM 'alice'
             )
             SELECT coalesce(array_agg(fault), '{{}}') FROM faults",
            row = self.row,
            source = table.source,
            audit = table.audit,
            history = history.join(", "),
            operations = literal(operations),
        )
    }
}

/// The columns whose values the audit table has.
fn values(table: &AuditedTable) -> impl Iterator<Item = &Column> {
    let columns = table.recorded_columns();
    columns.filter(|column| column.recording.stores_value())
}

/// The value that the audit row `h` stands for: of a column that it leaves
/// unchanged, the one in the last row of its key that has one.
fn of_history(table: &AuditedTable, column: &Column) -> String {
    let name = identifier(&column.name);
    if column.recording != Recording::OnChange {
        return format!("h.{name}");
    }
    let changed = identifier(&changed_column(&column.name));
    let key = |alias: &str| {
        let keys = table.primary_key.iter();
        let keys: Vec<String> = keys.map(|k| format!("{alias}.{}", identifier(k))).collect();
        format!("ROW({})::record", keys.join(", "))
    };
    format!(
        "CASE WHEN h.{changed} THEN h.{name} ELSE (
             SELECT p.{name} FROM {audit} p
             WHERE p.audit_id < h.audit_id AND p.{changed} IS NOT FALSE AND {of_other} *= {of_this}
             ORDER BY p.audit_id DESC LIMIT 1) END",
        audit = table.audit,
        of_other = key("p"),
        of_this = key("h"),
    )
}

/// The whole history of a table, in order: the letter of each row and its
/// values that are not NULL, which a blank parts, and a comma the rows.
pub fn history(conn: &mut PgConnection, table: &AuditedTable) -> String {
    let columns: Vec<String> = values(table)
        .map(|column| identifier(&column.name))
        .collect();
    let query = format!(
        "SELECT concat_ws(' ', audit_operation, {}) FROM {} ORDER BY audit_id",
        columns.join(", "),
        table.audit
    );
    let rows: Vec<String> = texts(conn, &query).into_iter().flatten().collect();
    rows.join(", ")
}
