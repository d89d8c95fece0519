//! A baseline while others write.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{Nullable, Text};
use diesel_audit::{AuditError, BaselineOptions, baseline};
use diesel_audit_model::AuditedTable;
use diesel_audit_sql::{LockTimeout, render};

use super::filled;
use crate::support::{ALICE, count, operations, run, run_as_alice, texts};

/// The others have their `B`, and this one has no more than its `U`: a `B` behind
/// it would be the row as it was no longer.
#[test]
fn a_row_that_is_held_is_waited_for() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = filled(&mut conn);
    let mut writer = database.connect();
    run(
        &mut writer,
        &format!("BEGIN; {ALICE}; UPDATE t SET v = v + 1 WHERE id = 2"),
    );
    thread::scope(|scope| {
        let baseline = scope.spawn(|| {
            let mut conn = database.connect();
            baseline(&mut conn, &table, BaselineOptions::new())
                .and_then(|baseline| baseline.finish())
                .expect("a baseline")
        });
        let others = "SELECT count(*) FROM audit.t_audit WHERE audit_operation = 'B'";
        let begun = Instant::now();
        while count(&mut conn, others) < 9 {
            assert!(begun.elapsed() < Duration::from_secs(10), "no other row");
            thread::sleep(Duration::from_millis(5));
        }
        assert!(!baseline.is_finished());
        run(&mut writer, "COMMIT");
        baseline.join().expect("no panic");
    });
    let of_two = "SELECT audit_operation FROM audit.t_audit WHERE id = 2 ORDER BY audit_id";
    let letters: Vec<String> = texts(&mut conn, of_two).into_iter().flatten().collect();
    assert_eq!(letters.concat(), "U");
}

/// Begins the transaction of a batch, and takes its snapshot.
fn begin(conn: &mut PgConnection, table: &AuditedTable) -> String {
    type Row = (
        Text,
        Text,
        Text,
        Text,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
    );
    let settle = render::baseline::settle(table, &LockTimeout::default());
    run(
        conn,
        &format!("BEGIN ISOLATION LEVEL REPEATABLE READ; {settle}"),
    );
    let answer = diesel::dsl::sql::<Row>(&render::keyset::lookup(table, None)).load(conn);
    let keyset = render::keyset::Keyset::new(table, answer.expect("an answer"), None);
    render::baseline::batch(table, &keyset.expect("a key"), 5, &[])
}

/// A writer that commits between the snapshot of a batch and its lock.
#[test]
fn a_row_that_was_written_since_the_snapshot_fails_the_batch() {
    let check = |statement: &str, expected: &str| {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        let table = filled(&mut conn);
        let batch = begin(&mut conn, &table);
        run_as_alice(&mut database.connect(), statement);
        let refused = conn.batch_execute(&batch);
        let is_refused = matches!(
            refused,
            Err(Error::DatabaseError(
                DatabaseErrorKind::SerializationFailure,
                _
            ))
        );
        assert!(is_refused, "{statement}: {refused:?}");
        run(&mut conn, "ROLLBACK");
        baseline(&mut conn, &table, BaselineOptions::new())
            .and_then(|baseline| baseline.finish())
            .expect("a baseline");
        assert_eq!(operations(&mut conn, &table), expected, "{statement}");
    };
    check("UPDATE t SET v = 0 WHERE id = 2", "UBBBBBBBBB");
    check("DELETE FROM t WHERE id = 2", "DBBBBBBBBB");
    check("UPDATE t SET id = 20 WHERE id = 2", "DUBBBBBBBBB");
}

#[test]
fn a_row_that_was_held_in_vain_has_its_baseline() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = filled(&mut conn);
    let mut writer = database.connect();
    run(
        &mut writer,
        &format!("BEGIN; {ALICE}; UPDATE t SET v = v + 1 WHERE id = 2"),
    );
    let patience = BaselineOptions::new().lock_timeout(Duration::from_millis(50));
    let refused = baseline(&mut conn, &table, patience).and_then(|baseline| baseline.finish());
    assert!(
        matches!(
            refused,
            Err(AuditError::RowsLocked {
                rows: 1,
                after: None
            })
        ),
        "{refused:?}"
    );
    run(&mut writer, "ROLLBACK");
    let all = baseline(&mut conn, &table, BaselineOptions::new())
        .and_then(|baseline| baseline.finish())
        .expect("a baseline");
    assert_eq!((all.rows, all.written), (10, 1));
    assert_eq!(operations(&mut conn, &table), "B".repeat(10));
}

/// Readers go on, writers wait for no longer than a batch, and their rows come
/// behind.
#[test]
fn a_batch_keeps_writers_out_and_no_readers() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = filled(&mut conn);
    let batch = begin(&mut conn, &table);
    run(&mut conn, &batch);
    let mut other = database.connect();
    assert_eq!(count(&mut other, "SELECT count(*) FROM t"), 10);
    run(&mut other, "SET lock_timeout = '50ms'");
    let waits = other.batch_execute(&format!("BEGIN; {ALICE}; UPDATE t SET v = 0 WHERE id = 5"));
    assert!(waits.is_err(), "the writer is not kept out");
    run(&mut other, "ROLLBACK");
    run_as_alice(&mut other, "UPDATE t SET v = 0 WHERE id = 6");
    run(&mut other, "CREATE TABLE refers (t integer REFERENCES t)");
    run(&mut other, "INSERT INTO refers VALUES (5)");
    run(&mut conn, "COMMIT");
    run_as_alice(&mut other, "UPDATE t SET v = 0 WHERE id = 5");
    assert_eq!(operations(&mut conn, &table), "BBBBBUU");
}

/// Four writers insert, update, delete and change keys while the baseline runs:
/// each key has at most one `B`, and it is the first of its history.
#[test]
fn writers_and_a_baseline() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL);
         INSERT INTO t SELECT n, 0 FROM generate_series(1, 4000) AS n",
    );
    let table = crate::support::audit(&mut conn, "t");
    let stop = AtomicBool::new(false);
    let written = thread::scope(|scope| {
        for writer in 0..4_u64 {
            let (database, stop) = (&database, &stop);
            scope.spawn(move || {
                let mut conn = database.connect();
                let mut random = 0x9e37_79b9 ^ (writer << 32);
                while !stop.load(Ordering::Relaxed) {
                    let statement = statement(&mut random);
                    run_as_alice(&mut conn, &statement);
                }
            });
        }
        let mut conn = database.connect();
        let options = BaselineOptions::new().batch_size(50);
        let all = baseline(&mut conn, &table, options).and_then(|baseline| baseline.finish());
        stop.store(true, Ordering::Relaxed);
        all.expect("a baseline").written
    });
    assert!(written > 0);
    let late = "SELECT count(*) FROM audit.t_audit AS b WHERE audit_operation = 'B' AND EXISTS (
        SELECT FROM audit.t_audit AS a WHERE a.id = b.id AND a.audit_id < b.audit_id)";
    assert_eq!(count(&mut conn, late), 0, "B behind the history of its key");
    let without = "SELECT count(*) FROM t WHERE NOT EXISTS (SELECT FROM audit.t_audit AS a WHERE a.id = t.id)";
    assert_eq!(count(&mut conn, without), 0, "rows without history");
    // A counter that goes up by one, from the value of its B.
    let steps = "SELECT count(*) FROM (
            SELECT v, audit_operation, lag(v) OVER (PARTITION BY id ORDER BY audit_id) AS before
            FROM audit.t_audit) AS steps
        WHERE audit_operation = 'U' AND before IS NOT NULL AND v <> before + 1 AND v <> 0";
    assert_eq!(
        count(&mut conn, steps),
        0,
        "a step between B and U is missing"
    );
}

fn statement(random: &mut u64) -> String {
    let mut next = |below: u64| {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        *random % below
    };
    let id = next(4_000) + 1;
    match next(10) {
        0 => format!("DELETE FROM t WHERE id = {id}"),
        1 => format!("INSERT INTO t VALUES ({id}, 0) ON CONFLICT DO NOTHING"),
        2 => format!(
            "UPDATE t SET id = id + 10000, v = 0 WHERE id = {id} AND NOT EXISTS (SELECT FROM t WHERE id = {id} + 10000)"
        ),
        _ => format!("UPDATE t SET v = v + 1 WHERE id = {id}"),
    }
}
