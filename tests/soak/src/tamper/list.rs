//! What is tampered with, and how it is taken back.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text};
use diesel_audit::{AuditedTable, Code};
use diesel_audit_sql::LockTimeout;
use diesel_audit_sql::verify::SealVerifier;

use super::Outcome;

/// What a tamper changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Rows,
    Seals,
    Table,
}

pub(super) struct Tamper {
    pub(super) name: &'static str,
    pub(super) place: Place,
    /// Statements on the audit table `log` and its `seals`, the chosen row `one`,
    /// a row `two` of the same operation and other values, and the chosen `seal`.
    sql: &'static str,
    /// What has to be found, among other things or not.
    pub(super) code: Code,
}

const fn rows(name: &'static str, sql: &'static str) -> Tamper {
    Tamper {
        name,
        place: Place::Rows,
        sql,
        code: Code::SealBroken,
    }
}

const fn seals(name: &'static str, sql: &'static str, code: Code) -> Tamper {
    Tamper {
        name,
        place: Place::Seals,
        sql,
        code,
    }
}

const fn table(name: &'static str, sql: &'static str) -> Tamper {
    Tamper {
        name,
        place: Place::Table,
        sql,
        code: Code::SealBroken,
    }
}

pub(super) const TAMPERS: [Tamper; 25] = [
    rows("a value", "UPDATE log SET amount = amount + 0.01 WHERE audit_id = one"),
    rows("a value that goes", "UPDATE log SET note = NULL WHERE audit_id = one"),
    rows("a value that comes", "UPDATE log SET memo = coalesce(memo, '') || 'x' WHERE audit_id = one"),
    rows("a bit of a float", "UPDATE log SET ratio = ratio * (1 + 2.3e-16) + 1e-300 WHERE audit_id = one"),
    rows("the user", "UPDATE log SET audit_username = 'nobody' WHERE audit_id = one"),
    rows("the role", "UPDATE log SET audit_current_user = 'nobody' WHERE audit_id = one"),
    rows(
        "the time",
        "UPDATE log SET audit_operation_timestamp = audit_operation_timestamp + interval '1 microsecond' WHERE audit_id = one",
    ),
    rows(
        "the operation",
        "UPDATE log SET audit_operation = CASE audit_operation WHEN 'I' THEN 'U' ELSE 'I' END WHERE audit_id = one",
    ),
    rows(
        "the transaction",
        "UPDATE log SET audit_transaction_id = (SELECT audit_transaction_id FROM log WHERE audit_id = two) WHERE audit_id = one",
    ),
    rows("the key of a row", "UPDATE log SET id = id + 1000000 WHERE audit_id = one"),
    rows("a row that goes", "DELETE FROM log WHERE audit_id = one"),
    rows("ten rows that go", "DELETE FROM log WHERE audit_id BETWEEN one AND one + 9
             AND audit_transaction_id < (SELECT max(to_transaction) FROM seals)"),
    rows(
        "a row that comes",
        "INSERT INTO log OVERRIDING SYSTEM VALUE
         SELECT (jsonb_populate_record(old, jsonb_build_object('audit_id', -turn, 'audit_username', 'nobody'))).* FROM log AS old WHERE audit_id = one",
    ),
    rows(
        "a row at the end that says it is old",
        "INSERT INTO log OVERRIDING SYSTEM VALUE
         SELECT (jsonb_populate_record(old, jsonb_build_object('audit_id', 1000000000 + turn))).* FROM log AS old WHERE audit_id = one",
    ),
    rows(
        "values of two rows that change places",
        "UPDATE log AS a SET amount = b.amount, note = b.note, ratio = b.ratio FROM log AS b
         WHERE (a.audit_id, b.audit_id) IN ((one, two), (two, one))",
    ),
    rows(
        "another number",
        "UPDATE log SET audit_id = DEFAULT WHERE audit_id = one",
    ),
    Tamper {
        name: "a transaction of the future",
        place: Place::Rows,
        sql: "INSERT INTO log OVERRIDING SYSTEM VALUE
              SELECT (jsonb_populate_record(old, jsonb_build_object('audit_id', 1000000000 + turn, 'audit_transaction_id', 1000000000000))).*
              FROM log AS old WHERE audit_id = one",
        code: Code::SealTransactionUnknown,
    },
    seals(
        "the count of a seal, and its row",
        "DELETE FROM log WHERE audit_id = (SELECT first_id FROM seals WHERE seal_id = seal);
         UPDATE seals SET row_count = row_count - 1 WHERE seal_id = seal",
        Code::SealChainBroken,
    ),
    seals("a digest", "UPDATE seals SET digest = sha256(digest) WHERE seal_id = seal", Code::SealDigestDiffers),
    seals("a seal that goes", "DELETE FROM seals WHERE seal_id = seal", Code::SealChainBroken),
    seals(
        "the time of a seal",
        "UPDATE seals SET sealed_at = sealed_at - interval '1 day' WHERE seal_id = seal",
        Code::SealChainBroken,
    ),
    seals(
        "a column that a seal does not cover",
        "UPDATE seals SET columns = array_remove(columns, 'audit_username') WHERE seal_id = seal",
        Code::SealBroken,
    ),
    table("everything", "TRUNCATE log"),
    table("a column", "ALTER TABLE log DROP COLUMN note"),
    table(
        "the names of two columns",
        "ALTER TABLE log RENAME COLUMN note TO other; ALTER TABLE log RENAME COLUMN memo TO note; ALTER TABLE log RENAME COLUMN other TO memo",
    ),
];

const LOG: &str = "trail.public_ledger_log";

/// A row that is sealed since some seals, and one of another block: which, follows
/// from the turn.
fn chosen(turn: usize) -> String {
    format!(
        "one bigint := (SELECT audit_id FROM {LOG} WHERE audit_operation <> 'D' AND audit_id BETWEEN
                 (SELECT min(first_id) FROM {LOG}_seals WHERE seal_id > 2) AND (SELECT max(last_id) FROM {LOG}_seals WHERE seal_id < (SELECT max(seal_id) - 1 FROM {LOG}_seals))
                 AND audit_transaction_id < (SELECT max(to_transaction) FROM {LOG}_seals)
             ORDER BY hashint8extended(audit_id, {turn}) LIMIT 1);
         two bigint := (SELECT first_id FROM {LOG}_seals WHERE seal_id IN (1, 2) ORDER BY seal_id LIMIT 1);
         seal bigint := (SELECT seal_id FROM {LOG}_seals WHERE seal_id < (SELECT max(seal_id) - 1 FROM {LOG}_seals)
             ORDER BY hashint8extended(seal_id, {turn}) LIMIT 1);
         turn constant bigint := {turn};"
    )
}

impl Tamper {
    /// The statements of this turn.
    pub(super) fn statements(&self, turn: usize) -> String {
        let sql = named(self.sql);
        format!(
            "DO $tamper$ DECLARE {} BEGIN {sql}; END $tamper$",
            chosen(turn)
        )
    }
}

/// With the names that the tables have.
fn named(sql: &str) -> String {
    let mut named = String::new();
    let mut word = String::new();
    for c in sql.chars().chain([' ']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        match word.as_str() {
            "log" => named.push_str(LOG),
            "seals" => named.push_str(&format!("{LOG}_seals")),
            other => named.push_str(other),
        }
        word.clear();
        named.push(c);
    }
    named
}

/// Saves the seals and the rows that these have. Somebody may seal in between.
pub(super) const SAVE: &str = "
    CREATE TABLE saved_seals AS SELECT * FROM trail.public_ledger_log_seals;
    CREATE TABLE saved_log AS SELECT * FROM trail.public_ledger_log
    WHERE audit_transaction_id < (SELECT max(to_transaction) FROM saved_seals);
    ANALYZE saved_log";

/// Puts them back. What was written and sealed meanwhile stays.
pub(super) const RESTORE: &str = "
    DELETE FROM trail.public_ledger_log AS log
    WHERE (audit_transaction_id < (SELECT max(to_transaction) FROM saved_seals) OR audit_id >= 1000000000)
        AND NOT EXISTS (SELECT FROM saved_log AS s WHERE s.audit_id = log.audit_id AND s::text = log::text);
    INSERT INTO trail.public_ledger_log OVERRIDING SYSTEM VALUE
    SELECT * FROM saved_log AS s WHERE NOT EXISTS (SELECT FROM trail.public_ledger_log AS log WHERE log.audit_id = s.audit_id);
    DELETE FROM trail.public_ledger_log_seals WHERE seal_id IN (SELECT seal_id FROM saved_seals);
    INSERT INTO trail.public_ledger_log_seals SELECT * FROM saved_seals;
    DROP TABLE saved_log, saved_seals";

/// What is found within a transaction that is rolled back.
pub(super) fn within(
    conn: &mut PgConnection,
    table: &AuditedTable,
    statements: &str,
) -> Outcome<Vec<Code>> {
    let mut verifier = SealVerifier::new(table, &[]).ok_or("the table is not sealed")?;
    conn.batch_execute("BEGIN")?;
    conn.batch_execute(statements)?;
    conn.batch_execute(&verifier.settle(&LockTimeout::default()))?;
    while let Some(query) = verifier.query() {
        verifier.answer(sql::<Array<Nullable<Text>>>(&query).load(conn)?);
    }
    conn.batch_execute("ROLLBACK")?;
    let found = verifier.finish();
    Ok(found.findings.iter().map(|finding| finding.code).collect())
}
