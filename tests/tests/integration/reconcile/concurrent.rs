//! A comparison while others write.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use diesel_audit::{ReconcileOptions, reconcile};

use crate::support::{ALICE, audit, past_the_triggers, run, run_as_alice};

/// Four writers insert, update, delete, change keys and truncate; what one of
/// them does past the trigger is all that is ever found.
#[test]
fn writers_make_no_difference() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL)",
    );
    let table = audit(&mut conn, "t");
    run_as_alice(
        &mut conn,
        "INSERT INTO t SELECT n, 0 FROM generate_series(-500, 500) AS n",
    );
    run(
        &mut conn,
        &past_the_triggers("t", "UPDATE t SET v = 1 WHERE id = 0"),
    );
    let (stop, writes) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for writer in 1..5 {
            let (database, stop, writes) = (&database, &stop, &writes);
            scope.spawn(move || {
                let mut conn = database.connect();
                let mut n = writer;
                while !stop.load(Ordering::Relaxed) {
                    n = n * 7 % 499 + 1;
                    let side = if writer % 2 == 0 { n } else { -n };
                    let statements = match n % 4 {
                        0 => format!("DELETE FROM t WHERE id = {side}"),
                        1 => format!("INSERT INTO t VALUES ({side}, 0) ON CONFLICT (id) DO UPDATE SET v = t.v + 1"),
                        2 => format!("UPDATE t SET id = id + 1000 * {writer} WHERE id = {side} AND NOT EXISTS (SELECT FROM t WHERE id = {side} + 1000 * {writer})"),
                        _ => format!("UPDATE t SET v = v + 1 WHERE id = {side}; UPDATE t SET v = v + 1 WHERE id = {side}"),
                    };
                    // Who is deadlocked or comes second has written nothing.
                    let _ = diesel::connection::SimpleConnection::batch_execute(
                        &mut conn,
                        &format!("BEGIN; {ALICE}; {statements}; COMMIT"),
                    )
                    .map_err(|_| run(&mut conn, "ROLLBACK"));
                    writes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut found = Vec::new();
        let mut rounds = 0;
        while rounds < 20 || writes.load(Ordering::Relaxed) < 200 {
            let options = ReconcileOptions::new().page_size(100);
            let all: Result<Vec<_>, _> = reconcile(&mut conn, &table, options)
                .expect("begun")
                .map(|each| each.map(|d| d.to_string()))
                .collect();
            found.push(all);
            rounds += 1;
        }
        stop.store(true, Ordering::Relaxed);
        for all in found {
            assert_eq!(all.expect("reconciled"), ["0: differs in v"]);
        }
    });
}
