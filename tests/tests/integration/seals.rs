//! Seals of audit rows: what is changed after it was sealed is found, and nothing
//! else is.

mod changed;
mod concurrent;
mod restored;

use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use diesel_audit::{AuditedTable, SealDigest, seal_async, verify_seals, verify_seals_async};
use diesel_audit_tests::seals::{HORIZON, findings, seal_all, wait_until};

use crate::support::{count, describe, install, public, run, run_as_alice};

const NOTHING: [&str; 0] = [];

/// A sealed table without a row.
fn sealed(conn: &mut PgConnection) -> AuditedTable {
    run(
        conn,
        "CREATE TABLE t (id integer PRIMARY KEY, v numeric(6,2), at timestamptz, f float8, b bytea, i interval, note varchar(10))",
    );
    let mut table = describe(conn, public("t"));
    table.policy.seals = true;
    install(conn, &table);
    table
}

/// Rows of several transactions, one of which is rolled back.
fn write(conn: &mut PgConnection, from: i64) {
    run_as_alice(
        conn,
        &format!(
            "INSERT INTO t SELECT n, n / 3.0, '2026-01-02 03:04:05.678+02'::timestamptz + n * interval '1 day', n / 7.0::float8,
                 decode('00ff', 'hex'), n * interval '1 month 2 days 3.5 seconds', 'n' || n FROM generate_series({from}, {from} + 9) AS n"
        ),
    );
    run_as_alice(conn, &format!("UPDATE t SET v = 1 WHERE id >= {from}"));
    run_as_alice(
        conn,
        &format!(
            "DELETE FROM t WHERE id = {from}; SAVEPOINT a; UPDATE t SET note = 'x' WHERE id = {from} + 1; ROLLBACK TO a"
        ),
    );
}

#[test]
fn what_is_sealed_is_found_as_it_was() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    assert_eq!(seal_all(&mut conn, &table), None);
    write(&mut conn, 1);
    let first = seal_all(&mut conn, &table).expect("a seal");
    assert_eq!((first.number, first.rows), (1, 21));
    assert_eq!(seal_all(&mut conn, &table), None);
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
    write(&mut conn, 20);
    let second = seal_all(&mut conn, &table).expect("a seal");
    assert_eq!((second.number, second.rows), (2, 21));
    assert_ne!(first.digest, second.digest);
    // Rows that are not sealed are not looked at.
    write(&mut conn, 40);
    run(
        &mut conn,
        "UPDATE audit.t_audit SET note = 'z' WHERE audit_id > (SELECT max(last_id) FROM audit.t_audit_seals)",
    );
    let kept = [SealDigest::from(&first), SealDigest::from(&second)];
    assert_eq!(findings(&mut conn, &table, &kept), Vec::<String>::new());
    assert_eq!(
        count(&mut conn, "SELECT count(*) FROM audit.t_audit_seals"),
        2
    );
}

/// What the triggers refuse to others, sealing does not do: it changes no audit
/// row.
#[test]
fn an_append_only_history_is_sealed() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let mut table = sealed(&mut conn);
    table.policy.append_only = true;
    install(&mut conn, &table);
    write(&mut conn, 1);
    assert_eq!(seal_all(&mut conn, &table).map(|seal| seal.rows), Some(21));
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
}

#[tokio::test]
async fn an_async_connection_seals_and_finds_the_same() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    write(&mut conn, 1);
    let last = "(SELECT max(audit_transaction_id) FROM audit.t_audit)";
    wait_until(&mut conn, &format!("{HORIZON} > {last}"));
    let mut async_conn = AsyncPgConnection::establish(database.url()).await.unwrap();
    let tables = [table];
    let seals = seal_async(&mut async_conn, &tables).await.unwrap();
    assert_eq!((seals[0].number, seals[0].rows), (1, 21));
    assert_eq!(seal_async(&mut async_conn, &tables).await.unwrap(), []);
    assert_eq!(findings(&mut conn, &tables[0], &[]), NOTHING);
    run(&mut conn, "DELETE FROM audit.t_audit WHERE id = 3");
    let found = verify_seals_async(&mut async_conn, &tables, &[])
        .await
        .unwrap();
    assert_eq!(found.findings.len(), 1);
    assert_eq!(found, verify_seals(&mut conn, &tables, &[]).unwrap());
}

/// Nothing is sealed that does not ask for it.
#[test]
fn a_table_without_seals_is_passed_over() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let mut table = sealed(&mut conn);
    write(&mut conn, 1);
    table.policy.seals = false;
    assert_eq!(seal_all(&mut conn, &table), None);
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
    assert_eq!(
        count(&mut conn, "SELECT count(*) FROM audit.t_audit_seals"),
        0
    );
}
