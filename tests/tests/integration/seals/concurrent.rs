//! Sealing while others write.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use diesel::prelude::*;
use diesel_audit::{AuditError, seal};
use diesel_audit_sql::LockTimeout;
use diesel_audit_sql::seals::Sealer;
use diesel_audit_tests::seals::{HORIZON, findings, seal_all, seal_some, wait_until};

use super::{NOTHING, sealed, write};
use crate::support::{ALICE, count, run, run_as_alice, text};

/// Its rows have numbers between those of others, which are sealed before it ends.
#[test]
fn a_transaction_that_ends_late_is_sealed_when_it_has() {
    let database = audit_test_server::database();
    let (mut conn, mut late) = (database.connect(), database.connect());
    let table = sealed(&mut conn);
    write(&mut conn, 1);
    run(
        &mut late,
        &format!("BEGIN; {ALICE}; INSERT INTO t (id) VALUES (100)"),
    );
    write(&mut conn, 20);
    let open = text(&mut late, "SELECT pg_current_xact_id()::text");
    wait_until(&mut conn, &format!("{HORIZON} = {open}"));
    let first = seal_some(&mut conn, &table).expect("a seal");
    assert_eq!(first.rows, 21, "what begins behind the open one waits");
    run(&mut late, "INSERT INTO t (id) VALUES (101)");
    write(&mut conn, 40);
    assert_eq!(seal_some(&mut conn, &table), None);
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
    run(&mut late, "COMMIT");
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
    let second = seal_all(&mut conn, &table).expect("a seal");
    assert_eq!((second.number, second.rows), (2, 44));
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
}

/// A transaction is never split, and a full table is sealed in blocks.
#[test]
fn many_rows_are_several_blocks() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    for n in 0..5 {
        let (from, to) = (n * 60_000, (n + 1) * 60_000 - 1);
        run_as_alice(
            &mut conn,
            &format!("INSERT INTO t (id) SELECT generate_series({from}, {to})"),
        );
    }
    let seal = seal_all(&mut conn, &table).expect("a seal");
    assert_eq!((seal.number, seal.rows), (3, 300_000));
    assert_eq!(
        count(
            &mut conn,
            "SELECT count(*) FROM audit.t_audit_seals WHERE row_count IN (120000, 60000)"
        ),
        3
    );
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
    run(
        &mut conn,
        "UPDATE audit.t_audit SET note = 'x' WHERE id IN (0, 299999)",
    );
    let found = findings(&mut conn, &table, &[]);
    let blocks: Vec<&str> = found.iter().map(|found| &found[..24]).collect();
    assert_eq!(
        blocks,
        ["seal_broken: the block 1", "seal_broken: the block 3"]
    );
}

/// Two that seal at once make one chain.
#[test]
fn one_seals_at_a_time() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    thread::scope(|scope| {
        for sealer in 0..3_i64 {
            let (table, database) = (&table, &database);
            scope.spawn(move || {
                let mut conn = database.connect();
                for n in 0..10 {
                    write(&mut conn, 10_000 * sealer + 20 * n);
                    seal_some(&mut conn, table);
                }
            });
        }
    });
    seal_all(&mut conn, &table);
    assert_eq!(findings(&mut conn, &table, &[]), NOTHING);
    assert_eq!(
        count(
            &mut conn,
            "SELECT sum(row_count)::bigint FROM audit.t_audit_seals"
        ),
        count(&mut conn, "SELECT count(*) FROM audit.t_audit"),
    );
}

/// The second one waits for the first, which it could not do if each had but its
/// snapshot.
#[test]
fn a_sealer_waits_for_another() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    write(&mut conn, 1);
    let written = "SELECT max(audit_transaction_id)::text FROM audit.t_audit";
    let written = text(&mut conn, written);
    wait_until(&mut conn, &format!("{HORIZON} > {written}"));
    let sealer = Sealer::new(&table, false).expect("a sealer");
    run(
        &mut conn,
        &format!("BEGIN; {}", sealer.settle(&LockTimeout::default())),
    );
    let (send, receive) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let seal = seal_some(&mut database.connect(), &table);
            send.send(seal.map(|seal| seal.number))
                .expect("somebody waits");
        });
        assert_eq!(
            receive.recv_timeout(Duration::from_millis(300)),
            Err(mpsc::RecvTimeoutError::Timeout)
        );
        // Writers do not.
        write(&mut database.connect(), 20);
        run(&mut conn, "COMMIT");
        assert_eq!(receive.recv_timeout(Duration::from_secs(5)), Ok(Some(1)));
    });
}

#[test]
fn an_open_transaction_is_refused() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = sealed(&mut conn);
    let refused = conn.transaction(|conn| seal(conn, std::slice::from_ref(&table)));
    assert!(
        matches!(refused, Err(AuditError::Database(_))),
        "{refused:?}"
    );
}
