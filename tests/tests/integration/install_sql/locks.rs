//! Migrations beside each other, and beside those who read and write.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel_audit_sql::Step;
use diesel_audit_sql::core;

use super::shop;
use crate::support::{apply, attempt, audit, count, install, run, text, texts};
use crate::zoo::compare::recorded;

/// PostgreSQL answers two that replace one function at the same time with an
/// internal error, unless they take turns.
#[test]
fn installers_take_turns() {
    const INSTALLERS: usize = 8;
    const INSTALLS: usize = 20;
    let database = audit_test_server::database();
    thread::scope(|scope| {
        for installer in 0..INSTALLERS {
            let database = &database;
            scope.spawn(move || {
                let mut conn = database.connect();
                for n in 0..INSTALLS {
                    let name = format!("t_{installer}_{n}");
                    run(
                        &mut conn,
                        &format!("CREATE TABLE {name} (id integer PRIMARY KEY)"),
                    );
                    audit(&mut conn, &name);
                }
            });
        }
    });
    let installed = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal";
    assert_eq!(
        count(&mut database.connect(), installed),
        (INSTALLERS * INSTALLS * 4) as i64
    );
}

/// Another migration may hold the lock that they take turns by.
#[test]
fn nobody_can_keep_a_migration_waiting_without_an_end() {
    let (database, mut conn, [item, _]) = shop();
    run(&mut conn, core::INSTALL);
    let up = Step::Install(item.clone()).render();
    let mut other = database.connect();
    run(
        &mut other,
        "BEGIN; LOCK TABLE diesel_audit.audited IN SHARE ROW EXCLUSIVE MODE",
    );
    let begun = Instant::now();
    let refused = attempt(&mut conn, "", &up.replace("'5s'", "'200ms'")).expect_err("it is held");
    assert_eq!(refused.sqlstate, "55P03", "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(60));
    run(&mut other, "ROLLBACK");
    install(&mut conn, &item);
}

#[test]
fn installers_of_one_table_take_turns() {
    let (database, mut conn, [item, _]) = shop();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut conn = database.connect();
                for _ in 0..10 {
                    install(&mut conn, &item);
                }
            });
        }
    });
    recorded(
        &mut conn,
        &item,
        "INSERT INTO item (mail) VALUES ('a@b')",
        "I",
    )
    .expect("recorded");
}

/// Readers go on while a migration installs, and so do those that hold a lock
/// of their own on the table for long.
#[test]
fn up_locks_no_reader_out() {
    let (database, mut conn, [item, _]) = shop();
    let mut reader = database.connect();
    run(&mut reader, "BEGIN; SELECT * FROM item");
    run(&mut conn, core::INSTALL);
    run(&mut conn, "BEGIN");
    conn.batch_execute(&Step::Install(item.clone()).render())
        .expect("installed beside a reader");
    let locks = "SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'public.item'::regclass ORDER BY mode";
    let locks: Vec<String> = texts(&mut conn, locks).into_iter().flatten().collect();
    assert!(
        locks.contains(&"ShareRowExclusiveLock".to_owned()),
        "{locks:?}"
    );
    assert!(
        !locks.contains(&"AccessExclusiveLock".to_owned()),
        "{locks:?}"
    );
    run(&mut reader, "SELECT * FROM item; COMMIT");
    run(&mut conn, "COMMIT");
    // It holds for the step that changes nothing, too.
    run(&mut reader, "BEGIN; SELECT * FROM item");
    install(&mut conn, &item);
    run(&mut reader, "COMMIT");
}

/// A migration that waits for a lock is a migration that others wait for.
#[test]
fn up_gives_up_behind_a_long_writer() {
    let (database, mut conn, [item, _]) = shop();
    let mut writer = database.connect();
    run(&mut writer, "BEGIN; INSERT INTO item (mail) VALUES ('a@b')");
    let error = apply(&mut conn, Step::Install(item.clone())).expect_err("refused");
    assert!(error.to_string().contains("lock timeout"), "{error}");
    run(&mut writer, "COMMIT");
    install(&mut conn, &item);
    assert_eq!(text(&mut conn, "SHOW lock_timeout"), "0");
}
