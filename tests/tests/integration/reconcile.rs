//! The comparison of rows with their history.

mod columns;
mod concurrent;

use diesel::prelude::*;
use diesel_audit::{
    AuditError, BaselineOptions, KeyProblem, ReconcileOptions, baseline, reconcile,
};
use diesel_audit_model::{AuditedTable, Operations, Recording};

use crate::support::{audit, describe, install, past_the_triggers, public, run, run_as_alice};

/// What differs, in lines.
fn differences(conn: &mut PgConnection, table: &AuditedTable, page: u32) -> Vec<String> {
    let options = ReconcileOptions::new().page_size(page);
    let found = reconcile(conn, table, options)
        .and_then(|found| found.map(|each| each.map(|d| d.to_string())).collect());
    found.unwrap_or_else(|error| panic!("cannot reconcile {}: {error}", table.source))
}

/// Whatever the size of a page, the differences are these.
fn check(conn: &mut PgConnection, table: &AuditedTable, expected: &[&str]) {
    for page in [1, 2, 3, 100] {
        assert_eq!(differences(conn, table, page), expected, "pages of {page}");
    }
}

/// A table whose five rows are recorded.
fn recorded(conn: &mut PgConnection) -> AuditedTable {
    run(
        conn,
        "CREATE TABLE t (id integer PRIMARY KEY, v numeric(6,2), note varchar(10))",
    );
    let table = audit(conn, "t");
    run_as_alice(
        conn,
        "INSERT INTO t SELECT n, n, 'n' || n FROM generate_series(1, 5) AS n;
         UPDATE t SET v = v + 1; UPDATE t SET id = 9 WHERE id = 5; DELETE FROM t WHERE id = 4",
    );
    table
}

/// Runs statements past the trigger.
fn past(conn: &mut PgConnection, statements: &str) {
    run(conn, &past_the_triggers("t", statements));
}

#[test]
fn what_was_recorded_is_the_same() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = recorded(&mut conn);
    check(&mut conn, &table, &[]);
    let all = reconcile(&mut conn, &table, ReconcileOptions::new())
        .and_then(|found| found.finish())
        .expect("reconciled");
    // The keys 4 and 5 have ended.
    assert_eq!(
        (all.keys, all.discrepancies(), all.last_key.as_deref()),
        (6, 0, Some("9"))
    );
}

#[test]
fn what_was_written_past_the_trigger_is_found() {
    let check = |statements: &str, expected: &[&str]| {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        let table = recorded(&mut conn);
        past(&mut conn, statements);
        check(&mut conn, &table, expected);
    };
    check(
        "INSERT INTO t VALUES (0), (6)",
        &["0: unrecorded", "6: unrecorded"],
    );
    check("INSERT INTO t VALUES (4), (5)", &["4: ended", "5: ended"]);
    check("DELETE FROM t WHERE id IN (2, 9)", &["2: gone", "9: gone"]);
    check(
        "UPDATE t SET id = 7 WHERE id = 1",
        &["1: gone", "7: unrecorded"],
    );
    check(
        "UPDATE t SET v = 2.0, note = 'x' WHERE id = 1",
        &["1: differs in note"],
    );
    check(
        "UPDATE t SET v = NULL WHERE id < 3",
        &["1: differs in v", "2: differs in v"],
    );
    check(
        "UPDATE t SET note = note || ' '",
        &[
            "1: differs in note",
            "2: differs in note",
            "3: differs in note",
            "9: differs in note",
        ],
    );
    check(
        "ALTER TABLE t ALTER v TYPE numeric(6,2) USING v * 2",
        &[
            "1: differs in v",
            "2: differs in v",
            "3: differs in v",
            "9: differs in v",
        ],
    );
    check("TRUNCATE t", &["1: gone", "2: gone", "3: gone", "9: gone"]);
    // The dump of another day.
    check(
        "TRUNCATE t; INSERT INTO t VALUES (1, 2, 'n1'), (2, 2, 'n2'), (4, 5, 'n4'), (10, 1, '')",
        &[
            "2: differs in v",
            "3: gone",
            "4: ended",
            "9: gone",
            "10: unrecorded",
        ],
    );
}

#[test]
fn what_was_written_without_a_trigger_is_found() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = recorded(&mut conn);
    run(
        &mut conn,
        "DROP TRIGGER \"00_t_audit_insert\" ON t; DROP TRIGGER \"00_t_audit_update\" ON t; DROP TRIGGER \"00_t_audit_delete\" ON t; DELETE FROM t WHERE id = 1; UPDATE t SET note = 'x' WHERE id = 2; INSERT INTO t VALUES (8)",
    );
    install(&mut conn, &table);
    let before = ["1: gone", "2: differs in note", "8: unrecorded"];
    check(&mut conn, &table, &before);
    run_as_alice(&mut conn, "UPDATE t SET v = 3 WHERE id IN (2, 8)");
    check(&mut conn, &table, &["1: gone"]);
}

/// What was there before a TRUNCATE is dead, and nothing else is.
#[test]
fn a_truncate_ends_every_key() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = recorded(&mut conn);
    run_as_alice(&mut conn, "TRUNCATE t");
    check(&mut conn, &table, &[]);
    past(&mut conn, "INSERT INTO t VALUES (1, 2, 'n1')");
    run_as_alice(&mut conn, "INSERT INTO t VALUES (2)");
    check(&mut conn, &table, &["1: ended"]);
    run_as_alice(&mut conn, "TRUNCATE t; INSERT INTO t VALUES (3)");
    check(&mut conn, &table, &[]);
    past(&mut conn, "DELETE FROM t");
    check(&mut conn, &table, &["3: gone"]);
}

#[test]
fn partitions_that_come_and_go_are_found() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer, at integer, v text, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
         CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (1) TO (2);
         CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (2) TO (3)",
    );
    let table = audit(&mut conn, "t");
    run_as_alice(
        &mut conn,
        "INSERT INTO t SELECT n, 1 + n % 2, 'x' FROM generate_series(1, 4) AS n; UPDATE t SET at = 2 WHERE id = 2",
    );
    check(&mut conn, &table, &[]);
    run(&mut conn, "ALTER TABLE t DETACH PARTITION t_1");
    check(&mut conn, &table, &["{1,4}: gone"]);
    run(
        &mut conn,
        "CREATE TABLE t_3 (v text, at integer NOT NULL, id integer NOT NULL); INSERT INTO t_3 VALUES ('y', 3, 7);
         ALTER TABLE t ATTACH PARTITION t_3 FOR VALUES FROM (3) TO (4)",
    );
    check(&mut conn, &table, &["{1,4}: gone", "{3,7}: unrecorded"]);
    baseline(&mut conn, &table, BaselineOptions::new())
        .and_then(|baseline| baseline.finish())
        .expect("a baseline");
    check(&mut conn, &table, &["{1,4}: gone"]);
    run(
        &mut conn,
        "ALTER TABLE t ATTACH PARTITION t_1 FOR VALUES FROM (1) TO (2)",
    );
    check(&mut conn, &table, &[]);
}

#[test]
fn a_baseline_is_a_history() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    );
    let table = audit(&mut conn, "t");
    check(&mut conn, &table, &["1: unrecorded", "2: unrecorded"]);
    baseline(&mut conn, &table, BaselineOptions::new())
        .and_then(|baseline| baseline.finish())
        .expect("a baseline");
    check(&mut conn, &table, &[]);
    past(
        &mut conn,
        "UPDATE t SET v = 'c' WHERE id = 1; DELETE FROM t WHERE id = 2",
    );
    check(&mut conn, &table, &["1: differs in v", "2: gone"]);
}

#[test]
fn a_run_begins_again_behind_a_key() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = recorded(&mut conn);
    past(&mut conn, "UPDATE t SET note = 'x'");
    let options = || ReconcileOptions::new().page_size(2);
    let mut found = reconcile(&mut conn, &table, options()).expect("begun");
    assert!(found.next().is_some());
    let last_key = found.summary().last_key.clone().expect("a key");
    assert_eq!(last_key, "2");
    let rest = reconcile(&mut conn, &table, options().after(last_key))
        .and_then(|rest| rest.finish())
        .expect("reconciled");
    assert_eq!((rest.keys, rest.discrepancies()), (4, 2));
    let nothing = reconcile(&mut conn, &table, options().after("9"))
        .and_then(|rest| rest.finish())
        .expect("reconciled");
    assert_eq!((nothing.keys, nothing.last_key.as_deref()), (0, Some("9")));
}

#[test]
fn what_is_not_recorded_may_differ() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, v text, secret text)",
    );
    let mut table = describe(&mut conn, public("t"));
    table.policy.operations = Operations {
        insert: true,
        update: false,
        delete: false,
        truncate: true,
    };
    table.columns[2].recording = Recording::Excluded;
    install(&mut conn, &table);
    run_as_alice(
        &mut conn,
        "INSERT INTO t SELECT n, 'a', 'b' FROM generate_series(1, 4) AS n;
         UPDATE t SET v = 'c', secret = 'd' WHERE id = 1; DELETE FROM t WHERE id = 2",
    );
    check(&mut conn, &table, &[]);
    past(&mut conn, "INSERT INTO t VALUES (5)");
    check(&mut conn, &table, &["5: unrecorded"]);
}

#[test]
fn a_table_without_a_key_is_refused() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(&mut conn, "CREATE TABLE t (id integer, v text)");
    let mut table = audit(&mut conn, "t");
    for key in [vec![], vec!["id".into()]] {
        table.primary_key = key;
        let refused = reconcile(&mut conn, &table, ReconcileOptions::new()).map(|_| ());
        assert!(
            matches!(
                refused,
                Err(AuditError::Key(KeyProblem::NoPrimaryKey { .. }))
            ),
            "{refused:?}"
        );
    }
}
