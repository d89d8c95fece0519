//! What a session and its transactions can do between a context and a write.

use std::thread;

use audit_test_server::Server;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditContext};
use diesel_audit_model::{AuditedTable, PgType, Policy, Unaudited};
use diesel_audit_sql::refusal::Refusal;

use crate::support::{
    ALICE, ALICE_FOR_SESSION, attempt, audit, count, describe, install, operations, public, run,
    run_as_alice, setting, texts,
};
use crate::trigger::{Items, items};

const INSERT: &str = "INSERT INTO item SELECT coalesce(max(id), 0) + 1, 'x' FROM item";

fn writers(conn: &mut PgConnection) -> Vec<Option<String>> {
    texts(
        conn,
        "SELECT audit_username FROM audit.item_audit ORDER BY audit_id",
    )
}

/// G24. Here a setting is required.
#[test]
fn a_session_that_discards_its_state_has_no_context() {
    let mut items = items();
    let conn = &mut items.conn;
    for discard in ["DISCARD ALL", "RESET ALL"] {
        run(conn, ALICE_FOR_SESSION);
        run(conn, INSERT);
        run(conn, discard);
        let refused = diesel::sql_query(INSERT).execute(conn).expect_err(discard);
        let refused = diesel_audit::AuditError::from(refused);
        assert_eq!(refused.code(), Some("ZA001"), "{discard}: {refused}");
    }
    assert_eq!(operations(conn, &items.table), "II");
}

/// G24, C8. Where nothing is required, and nothing forbids a write without a
/// context, one that was lost is none.
#[test]
fn an_optional_context_that_is_lost_is_absent_unless_that_is_forbidden() {
    for unaudited in [Unaudited::Allow, Unaudited::Forbid] {
        let mut items = items();
        let conn = &mut items.conn;
        let table = AuditedTable {
            settings: vec![setting("username", PgType::builtin("text"), false)],
            policy: Policy {
                unaudited,
                ..Policy::DEFAULT
            },
            ..describe(conn, public("item"))
        };
        install(conn, &table);
        let lost = |conn: &mut PgConnection| -> QueryResult<()> {
            diesel::sql_query(INSERT).execute(conn)?;
            Ok(())
        };
        let mut expected = Vec::new();
        let mut expect = |lost: Result<(), diesel_audit::AuditError>, how: &str| {
            expected.push(Some("alice".to_owned()));
            match unaudited {
                Unaudited::Allow => {
                    lost.expect(how);
                    expected.push(None);
                }
                Unaudited::Forbid => {
                    assert_eq!(lost.expect_err(how).code(), Some("ZA001"), "{how}");
                }
            }
        };
        let alice = AuditContext::new()
            .set("username", "alice")
            .expect("a name");
        for end in ["COMMIT AND CHAIN", "COMMIT; BEGIN"] {
            let written = conn.audited(&alice, |conn| {
                run(conn, INSERT);
                run(conn, end);
                Ok(lost(conn)?)
            });
            expect(written, end);
        }
        for reset in ["RESET ALL", "DISCARD ALL"] {
            run(conn, ALICE_FOR_SESSION);
            run(conn, INSERT);
            run(conn, reset);
            expect(lost(conn).map_err(Into::into), reset);
        }
        assert_eq!(writers(conn), expected);
    }
}

/// G28. A trigger that waits for the end of the transaction would record the
/// last context for both.
#[test]
fn each_write_has_the_context_of_its_moment() {
    let mut items = items();
    let conn = &mut items.conn;
    run_as_alice(
        conn,
        &format!(
            "SET CONSTRAINTS ALL DEFERRED; {INSERT}; SELECT set_config('audit.username', 'bob', true); {INSERT};
             SELECT set_config('audit.username', 'carol', true)"
        ),
    );
    assert_eq!(
        writers(conn),
        ["alice", "bob"].map(|name| Some(name.to_owned()))
    );
}

/// C7. The row is written with the transaction's first part, by whoever it is
/// committed.
#[test]
fn a_prepared_transaction_keeps_the_context_of_its_writer() {
    let Ok(server) = Server::start_local_with(&[("max_prepared_transactions", "2")]) else {
        eprintln!("skipped: there are no server binaries");
        return;
    };
    let database = server.create_database().expect("a database");
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE item (id integer PRIMARY KEY, v text)",
    );
    let table = audit(&mut conn, "item");
    run(
        &mut conn,
        &format!("BEGIN; {ALICE}; INSERT INTO item VALUES (1); PREPARE TRANSACTION 'kept'"),
    );
    run(
        &mut conn,
        &format!("BEGIN; {ALICE}; INSERT INTO item VALUES (2); PREPARE TRANSACTION 'undone'"),
    );
    let mut other = database.connect();
    assert_eq!(operations(&mut other, &table), "");
    run(
        &mut other,
        "SELECT set_config('audit.username', 'mallory', false)",
    );
    run(&mut other, "COMMIT PREPARED 'kept'");
    run(&mut other, "ROLLBACK PREPARED 'undone'");
    assert_eq!(writers(&mut other), [Some("alice".to_owned())]);
    assert_eq!(count(&mut other, "SELECT count(*) FROM item"), 1);
}

/// P6, C15. The trigger reads no table, so that transactions on different rows
/// stay independent.
#[test]
fn serializable_writers_of_different_rows_do_not_fail() {
    const WRITERS: usize = 4;
    const TURNS: usize = 50;
    let Items {
        database,
        mut conn,
        table,
    } = items();
    run(
        &mut conn,
        // Room for a new version in the page: else all would write to few pages of the index.
        "ALTER TABLE item SET (fillfactor = 50)",
    );
    run_as_alice(
        &mut conn,
        "INSERT INTO item SELECT n, 'x' FROM generate_series(1, 1000) n",
    );
    run(&mut conn, "ANALYZE item");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let database = &database;
            scope.spawn(move || {
                let mut conn = database.connect();
                // A scan of the table would conflict with or without the audit.
                run(
                    &mut conn,
                    "SET default_transaction_isolation = serializable; SET enable_seqscan = off",
                );
                for turn in 0..TURNS {
                    let id = writer * 200 + turn + 1;
                    run_as_alice(
                        &mut conn,
                        &format!("UPDATE item SET v = 'y' WHERE id = {id}"),
                    );
                }
            });
        }
    });
    assert_eq!(
        operations(&mut conn, &table).matches('U').count(),
        WRITERS * TURNS
    );
}

/// C16.
#[test]
fn a_statement_that_is_cancelled_leaves_nothing() {
    let mut items = items();
    let conn = &mut items.conn;
    run_as_alice(
        conn,
        "INSERT INTO item SELECT n, 'x' FROM generate_series(1, 500) n",
    );
    let before = operations(conn, &items.table);
    // Four hundred rows are recorded before the time is up.
    run(
        conn,
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
         CREATE TRIGGER wait AFTER UPDATE ON item FOR EACH ROW WHEN (NEW.id = 400) EXECUTE FUNCTION wait()",
    );
    let cancelled = conn.batch_execute(&format!(
        "BEGIN; {ALICE}; SET LOCAL statement_timeout = '1s'; UPDATE item SET v = 'y'; COMMIT"
    ));
    let error = cancelled.expect_err("cancelled").to_string();
    assert!(error.contains("statement timeout"), "{error}");
    run(conn, "ROLLBACK");
    assert_eq!(operations(conn, &items.table), before);
    assert_eq!(count(conn, "SELECT count(*) FROM item WHERE v <> 'x'"), 0);
}

/// P3. A setting is the session's to set, in the middle of a statement too:
/// what is recorded is the claim of that moment, beside the role, which no
/// setting changes.
#[test]
fn a_context_that_a_statement_changes_counts_from_then_on() {
    let mut items = items();
    let conn = &mut items.conn;
    run_as_alice(
        conn,
        "INSERT INTO item VALUES (1, set_config('audit.username', 'ceo', true))",
    );
    assert_eq!(writers(conn), [Some("ceo".to_owned())]);
    let outside = "INSERT INTO item VALUES (2, set_config('audit.username', 'ceo', true))";
    let refused = attempt(conn, "", outside).expect_err("no context");
    assert!(refused.is(Refusal::ContextStale), "{refused:?}");
    let owner = "SELECT count(*) FROM audit.item_audit WHERE audit_session_user = session_user";
    assert_eq!(count(conn, owner), 1);
}
