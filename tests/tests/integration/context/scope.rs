//! The context of a transaction, as the server sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_audit::{AuditConnection, AuditContext, AuditError};

use super::{audited, current, one, panics, settings, who};

#[test]
fn a_transaction_has_its_context_until_it_ends() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    assert_eq!(settings(conn), ["", "", "unmarked"]);
    audited(conn, &who("alice", Some("ticket 1")), |conn| {
        assert_eq!(settings(conn), ["alice", "ticket 1", "transaction"]);
        Ok(())
    });
    assert_eq!(settings(conn), ["", "", "unmarked"]);
    audited(conn, &who("bob", None), |conn| {
        assert_eq!(settings(conn), ["bob", "", "transaction"]);
        Ok(())
    });
    assert_eq!(settings(conn), ["", "", "unmarked"]);
}

#[test]
fn ok_commits_and_an_error_rolls_back() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    conn.batch_execute("CREATE TABLE item (id int)").unwrap();
    audited(conn, &who("alice", None), |conn| {
        conn.batch_execute("INSERT INTO item VALUES (1)")
    });
    let result = conn.audited(&who("alice", None), |conn| {
        conn.batch_execute("INSERT INTO item VALUES (2)")?;
        Err::<(), _>(Error::RollbackTransaction)
    });
    assert_eq!(result, Err(Error::RollbackTransaction));
    assert_eq!(one(conn, "SELECT string_agg(id::text, ',') FROM item"), "1");
    assert_eq!(settings(conn), ["", "", "unmarked"]);
}

#[test]
fn the_context_travels_with_the_begin() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    let sent = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&sent);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    audited(conn, &who("alice", Some("ticket 1")), |_| Ok(()));
    assert_eq!(
        sent.load(Ordering::Relaxed),
        2,
        "BEGIN with the context, and COMMIT"
    );
}

#[test]
fn an_inner_scope_replaces_the_context_and_puts_it_back() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    audited(conn, &who("alice", Some("ticket 1")), |conn| {
        audited(conn, &who("bob", None), |conn| {
            assert_eq!(settings(conn), ["bob", "", "transaction"]);
            audited(conn, &AuditContext::new(), |conn| {
                assert_eq!(settings(conn), ["", "", "transaction"]);
                Ok(())
            });
            assert_eq!(settings(conn), ["bob", "", "transaction"]);
            Ok(())
        });
        assert_eq!(settings(conn), ["alice", "ticket 1", "transaction"]);

        let failed = conn.audited(&who("bob", None), |_| Err::<(), _>(Error::NotFound));
        assert_eq!(failed, Err(Error::NotFound));
        assert_eq!(settings(conn), ["alice", "ticket 1", "transaction"]);

        panics(|| audited(conn, &who("bob", None), |_| panic!("in the inner scope")));
        assert_eq!(settings(conn), ["alice", "ticket 1", "transaction"]);
        Ok(())
    });
    assert_eq!(settings(conn), ["", "", "unmarked"]);
}

/// Diesel's own `transaction` inside a scope is a savepoint, and one outside
/// has no context to give back.
#[test]
fn scopes_and_transactions_of_diesel_nest() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    audited(conn, &who("alice", None), |conn| {
        conn.transaction(|conn| {
            assert_eq!(settings(conn), ["alice", "", "transaction"]);
            audited(conn, &who("bob", None), |_| Ok(()));
            assert_eq!(settings(conn), ["alice", "", "transaction"]);
            Ok::<_, Error>(())
        })?;
        assert_eq!(settings(conn), ["alice", "", "transaction"]);
        Ok(())
    });
    let serializable = conn.build_transaction().serializable().run(|conn| {
        audited(conn, &who("carol", None), |conn| {
            assert_eq!(settings(conn), ["carol", "", "transaction"]);
            Ok(())
        });
        assert_eq!(settings(conn), ["", "", "unmarked"]);
        Ok::<_, Error>(one(conn, "SHOW transaction_isolation"))
    });
    assert_eq!(serializable.as_deref(), Ok("serializable"));
}

#[test]
fn a_connection_is_usable_after_a_panic() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    conn.batch_execute("CREATE TABLE item (id int)").unwrap();
    panics(|| {
        audited(conn, &who("alice", None), |conn| {
            conn.batch_execute("INSERT INTO item VALUES (1)")?;
            // This savepoint is left open by the panic, too.
            conn.transaction(|conn| {
                conn.batch_execute("INSERT INTO item VALUES (2)")?;
                panic!("in a savepoint");
                #[allow(unreachable_code)]
                Ok::<(), Error>(())
            })
        });
    });
    assert_eq!(settings(conn), ["", "", "unmarked"]);
    assert_eq!(one(conn, "SELECT count(*)::text FROM item"), "0");
    audited(conn, &who("bob", None), |conn| {
        conn.batch_execute("INSERT INTO item VALUES (3)")
    });
    assert_eq!(one(conn, "SELECT string_agg(id::text, ',') FROM item"), "3");
}

/// The closure hides that its statement failed. The outer context cannot be
/// put back in a transaction that is aborted, so the scope is rolled back.
#[test]
fn an_error_that_the_closure_hides_is_found_when_the_context_is_put_back() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    audited(conn, &who("alice", None), |conn| {
        let result = conn.audited(&who("bob", None), |conn| {
            assert!(conn.batch_execute("SELECT 1 / 0").is_err());
            Ok::<_, Error>(())
        });
        let message = result.unwrap_err().to_string();
        assert!(
            message.contains("current transaction is aborted"),
            "{message}"
        );
        assert_eq!(settings(conn), ["alice", "", "transaction"]);
        Ok(())
    });
}

#[test]
fn a_failing_begin_leaves_no_transaction_behind() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    let function = "FUNCTION pg_catalog.set_config(text, text, boolean)";
    conn.batch_execute(&format!(
        "REVOKE EXECUTE ON {function} FROM PUBLIC; SET ROLE pg_monitor"
    ))
    .unwrap();
    let result = conn.audited(&who("alice", None), |_| Ok::<_, Error>(()));
    let message = result.unwrap_err().to_string();
    assert!(message.contains("permission denied"), "{message}");
    conn.batch_execute("RESET ROLE; CREATE TABLE kept (id int)")
        .unwrap();
    let elsewhere = database.connect().batch_execute("SELECT FROM kept");
    assert_eq!(
        elsewhere,
        Ok(()),
        "the table was made outside of any transaction"
    );
    audited(conn, &who("alice", None), |conn| {
        assert_eq!(settings(conn), ["alice", "", "transaction"]);
        Ok(())
    });
}

#[test]
fn scopes_work_in_a_test_transaction() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    conn.begin_test_transaction().unwrap();
    audited(conn, &who("alice", None), |conn| {
        assert_eq!(settings(conn), ["alice", "", "transaction"]);
        Ok(())
    });
    assert_eq!(settings(conn), ["", "", "unmarked"]);
    panics(|| audited(conn, &who("bob", None), |_| panic!("in a test")));
    assert_eq!(settings(conn), ["", "", "unmarked"]);
    conn.set_audit_context(&who("carol", None)).unwrap();
    assert_eq!(settings(conn), ["carol", "", "transaction"]);
}

#[test]
fn a_context_for_the_rest_of_a_transaction_needs_one() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    assert!(matches!(
        conn.set_audit_context(&who("alice", None)),
        Err(AuditError::NotInTransaction)
    ));
    conn.transaction(|conn| {
        conn.set_audit_context(&who("alice", Some("ticket 1")))?;
        assert_eq!(settings(conn), ["alice", "ticket 1", "transaction"]);
        // A closure of Diesel may return our error, and the reverse.
        conn.transaction(|conn| Ok::<_, Error>(conn.set_audit_context(&who("bob", None))?))?;
        assert_eq!(settings(conn), ["bob", "", "transaction"]);
        Ok::<_, AuditError>(())
    })
    .unwrap();
    assert_eq!(settings(conn), ["", "", "unmarked"]);
}

/// A setting that nobody had used when the scope began must not leak out of it.
#[test]
fn a_setting_that_becomes_known_inside_a_scope_ends_with_it() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    audited(conn, &who("alice", None), |conn| {
        audited(conn, &who("bob", None), |conn| {
            let late = AuditContext::new().set("late_setting", "x").unwrap();
            conn.set_audit_context(&late).unwrap();
            assert_eq!(current(conn, "audit.late_setting"), "x");
            Ok(())
        });
        assert_eq!(current(conn, "audit.late_setting"), "");
        assert_eq!(settings(conn), ["alice", "", "transaction"]);
        Ok(())
    });
}
