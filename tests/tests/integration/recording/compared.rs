//! What a baseline writes, and what a comparison with the history finds.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{BaselineOptions, ReconcileOptions, baseline, reconcile};
use diesel_audit_model::AuditedTable;
use diesel_audit_model::Recording::{Excluded, Hash, OnChange, Redact};
use diesel_audit_sql::core;
use diesel_audit_sql::migration::migration;
use diesel_audit_sql::{LockTimeout, Step};

use super::{audited, described};
use crate::support::{count, install, past_the_triggers, run, run_as_alice, text};

const TABLE: &str = "CREATE TABLE t (id integer PRIMARY KEY, r text, h timestamptz, c text);
     INSERT INTO t SELECT n, 'secret' || n, '2000-01-01 12:00Z', 'doc' || n FROM generate_series(1, 5) AS n;
     INSERT INTO t VALUES (6)";

const RECORDED: [(&str, diesel_audit_model::Recording); 3] =
    [("r", Redact), ("h", Hash), ("c", OnChange)];

/// What differs, in lines.
fn differences(conn: &mut PgConnection, table: &AuditedTable) -> Vec<String> {
    let options = ReconcileOptions::new().page_size(2);
    let found = reconcile(conn, table, options)
        .and_then(|found| found.map(|each| each.map(|d| d.to_string())).collect());
    found.unwrap_or_else(|error| panic!("cannot reconcile: {error}"))
}

fn agrees(conn: &mut PgConnection, table: &AuditedTable, when: &str) {
    let found = differences(conn, table);
    assert!(found.is_empty(), "{when}: {found:?}");
}

/// The same digests as the trigger's, whatever the session shows values like.
#[test]
fn a_baseline_is_what_the_trigger_would_write() {
    for in_the_migration in [false, true] {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        run(&mut conn, TABLE);
        let table = described(&mut conn, "t", &RECORDED);
        run(
            &mut conn,
            "SET \"TimeZone\" = 'Asia/Tokyo'; SET DateStyle = 'German'",
        );
        if in_the_migration {
            let steps = [Step::Install(table.clone())];
            let script = migration(&steps, &LockTimeout::default()).with_baseline(&steps);
            let script = script.expect("a key").up;
            conn.transaction(|conn| {
                conn.batch_execute(core::INSTALL)?;
                conn.batch_execute(&script.whole)?;
                conn.batch_execute("CREATE TABLE shown AS SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS style")
            })
            .expect("installed");
            let shown = "SELECT zone || ' ' || style FROM shown";
            assert_eq!(text(&mut conn, shown), "Asia/Tokyo German, DMY");
        } else {
            install(&mut conn, &table);
            let all = baseline(&mut conn, &table, BaselineOptions::new().batch_size(2));
            let all = all.and_then(|baseline| baseline.finish());
            assert_eq!(all.expect("a baseline").written, 6);
        }
        run(&mut conn, "RESET \"TimeZone\"; RESET DateStyle");
        let rows = "SELECT string_agg(concat_ws(' ', audit_operation, id, audit_changed_r, audit_hash_h IS NULL, c, audit_changed_c), ', ' ORDER BY audit_id) FROM audit.t_audit";
        assert_eq!(
            text(&mut conn, rows),
            "B 1 t f doc1 t, B 2 t f doc2 t, B 3 t f doc3 t, B 4 t f doc4 t, B 5 t f doc5 t, B 6 t t t"
        );
        agrees(&mut conn, &table, "after the baseline");
        run_as_alice(&mut conn, "UPDATE t SET r = 'x'");
        let digests = "SELECT count(DISTINCT audit_hash_h) FROM audit.t_audit";
        assert_eq!(count(&mut conn, digests), 1, "{in_the_migration}");
        agrees(&mut conn, &table, "after an update");
    }
}

/// What was written past the audit is found, where the history could tell.
#[test]
fn a_comparison_finds_what_the_history_can_tell() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, r text, h timestamptz, c text)",
    );
    let table = audited(&mut conn, "t", &RECORDED);
    run_as_alice(
        &mut conn,
        "INSERT INTO t SELECT n, 'secret' || n, '2000-01-01 12:00Z', 'doc' || n FROM generate_series(1, 5) AS n;
         INSERT INTO t VALUES (6);
         UPDATE t SET r = 'x'; UPDATE t SET c = NULL WHERE id = 5; UPDATE t SET r = 'y';
         UPDATE t SET id = 7 WHERE id = 4; UPDATE t SET r = 'z'; UPDATE t SET c = 'new' WHERE id = 6;
         UPDATE t SET r = 'zz'; DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (3, 'r', NULL, 'again'); UPDATE t SET r = 's'",
    );
    agrees(&mut conn, &table, "as written");
    let past = |conn: &mut PgConnection, statement: &str| {
        run(
            conn,
            &format!("BEGIN; {}; COMMIT", past_the_triggers("t", statement)),
        );
    };
    past(&mut conn, "UPDATE t SET r = 'unseen'");
    agrees(&mut conn, &table, "a redacted value is not compared");
    past(
        &mut conn,
        "UPDATE t SET h = h + interval '1 second' WHERE id = 1; UPDATE t SET c = 'unseen' WHERE id = 2;
         UPDATE t SET h = now() WHERE id = 3; UPDATE t SET c = '' WHERE id = 5; UPDATE t SET c = NULL, h = NULL WHERE id = 7",
    );
    let found = differences(&mut conn, &table);
    assert_eq!(
        found,
        [
            "1: differs in h",
            "2: differs in c",
            "3: differs in h",
            "5: differs in c",
            "7: differs in h, c"
        ]
    );
}

/// The rows of before the column are not taken for NULL.
#[test]
fn a_column_that_came_later() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, n integer)",
    );
    let first = audited(&mut conn, "t", &[]);
    run_as_alice(&mut conn, "INSERT INTO t VALUES (1), (2), (3)");
    run(
        &mut conn,
        "ALTER TABLE t ADD COLUMN h text DEFAULT 'old', ADD COLUMN c text DEFAULT 'old'",
    );
    let table = described(&mut conn, "t", &[("h", Hash), ("c", OnChange)]);
    super::change(&mut conn, &first, &table);
    agrees(&mut conn, &table, "nothing is recorded yet");
    run_as_alice(
        &mut conn,
        "UPDATE t SET h = 'new', c = 'new' WHERE id = 1; UPDATE t SET n = 2 WHERE id = 2",
    );
    run(
        &mut conn,
        "ALTER TABLE t DISABLE TRIGGER ALL; UPDATE t SET h = 'past', c = 'past' WHERE id = 1",
    );
    let found = differences(&mut conn, &table);
    assert_eq!(found, ["1: differs in h, c"]);
}

/// A column that was not recorded has no value that it could be as before.
#[test]
fn a_baseline_gives_a_history_the_value_that_it_lacks() {
    for in_the_migration in [false, true] {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        run(
            &mut conn,
            "CREATE TABLE t (id integer PRIMARY KEY, n integer, c text)",
        );
        let first = audited(&mut conn, "t", &[("c", Excluded)]);
        run_as_alice(
            &mut conn,
            "INSERT INTO t VALUES (1, 1, 'old'), (2, 2, NULL)",
        );
        let table = described(&mut conn, "t", &[("c", OnChange)]);
        super::change(&mut conn, &first, &table);
        run_as_alice(&mut conn, "INSERT INTO t VALUES (3, 3, 'new')");
        if in_the_migration {
            let again = [Step::Install(table.clone())];
            let script = migration(&again, &LockTimeout::default()).with_baseline(&again);
            let script = script.expect("a key").up.whole;
            conn.transaction(|conn| conn.batch_execute(&script))
                .expect("installed");
        } else {
            let written = |conn: &mut PgConnection| {
                baseline(conn, &table, BaselineOptions::new())
                    .and_then(|baseline| baseline.finish())
                    .expect("a baseline")
                    .written
            };
            assert_eq!(written(&mut conn), 2);
            assert_eq!(written(&mut conn), 0);
        }
        run_as_alice(&mut conn, "UPDATE t SET n = 9");
        let rows = "SELECT string_agg(concat_ws(' ', audit_operation, id, coalesce(c, '-'), audit_changed_c), ', ' ORDER BY audit_id) FROM audit.t_audit";
        assert_eq!(
            text(&mut conn, rows),
            "I 1 -, I 2 -, I 3 new t, B 1 old t, B 2 - t, U 1 - f, U 2 - f, U 3 - f",
            "{in_the_migration}"
        );
        agrees(&mut conn, &table, "after an update");
    }
}

#[test]
fn neither_goes_on_without_the_key() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(&mut conn, TABLE);
    let table = audited(&mut conn, "t", &RECORDED);
    run_as_alice(&mut conn, "UPDATE t SET h = now() WHERE id = 1");
    run(&mut conn, "DELETE FROM diesel_audit.hash_key");
    let written = baseline(&mut conn, &table, BaselineOptions::new());
    let written = written.and_then(|baseline| baseline.finish());
    let error = written.expect_err("no key").to_string();
    assert!(
        error.contains("the key of the digests is not in"),
        "{error}"
    );
    let found = reconcile(&mut conn, &table, ReconcileOptions::new());
    let error = found
        .and_then(|run| run.finish())
        .expect_err("no key")
        .to_string();
    assert!(
        error.contains("the key of the digests is not in"),
        "{error}"
    );
}
