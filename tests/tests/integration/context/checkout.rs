//! The context of a checkout, as the server sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, HandleError, Pool};
use diesel::result::Error;
use diesel_audit::{AuditConnection, AuditContext, AuditCustomizer};

use super::{audited, current, one, panics, pool_of_one, settings, who};

#[test]
fn two_users_of_one_connection_do_not_meet() {
    let database = audit_test_server::database();
    let pool = pool_of_one(&database, AuditCustomizer::new());
    let pid = one(
        &mut pool.get_unaudited("a test").unwrap(),
        "SELECT pg_backend_pid()::text",
    );
    for (context, expected) in [
        (
            who("alice", Some("ticket 1")),
            ["alice", "ticket 1", "session"],
        ),
        (who("bob", None), ["bob", "", "session"]),
        (AuditContext::new(), ["", "", "session"]),
        (who("carol", None), ["carol", "", "session"]),
    ] {
        let conn = &mut pool.get_audited(&context).unwrap();
        assert_eq!(settings(conn), expected);
        assert_eq!(one(conn, "SELECT pg_backend_pid()::text"), pid);
    }
    let timeout = Duration::from_secs(5);
    let conn = &mut pool
        .get_audited_timeout(&who("dave", None), timeout)
        .unwrap();
    assert_eq!(settings(conn), ["dave", "", "session"]);
    assert!(pool.try_get_audited(&who("erin", None)).is_none());
}

/// What the earlier checkout set is gone, in whichever way it ended.
#[test]
fn a_checkout_without_context_has_none() {
    let database = audit_test_server::database();
    let pool = pool_of_one(&database, AuditCustomizer::new());
    let alice = who("alice", Some("ticket 1"));
    drop(pool.get_audited(&alice).unwrap());
    assert_eq!(
        settings(&mut pool.get_unaudited("a test").unwrap()),
        ["", "", "session"]
    );

    drop(pool.try_get_audited(&alice).unwrap());
    assert_eq!(
        settings(&mut pool.get_unaudited("a test").unwrap()),
        ["", "", "session"]
    );

    panics(|| {
        let conn = &mut pool.get_audited(&alice).unwrap();
        assert_eq!(settings(conn), ["alice", "ticket 1", "session"]);
        panic!("while checked out");
    });
    assert_eq!(
        settings(&mut pool.get_unaudited("a test").unwrap()),
        ["", "", "session"]
    );
}

#[test]
fn a_transaction_on_a_checkout_ends_in_the_context_of_the_checkout() {
    let database = audit_test_server::database();
    let pool = pool_of_one(&database, AuditCustomizer::new());
    let conn = &mut pool.get_audited(&who("alice", Some("ticket 1"))).unwrap();
    audited(conn, &who("bob", None), |conn| {
        assert_eq!(settings(conn), ["bob", "", "transaction"]);
        audited(conn, &who("carol", None), |_| Ok(()));
        assert_eq!(settings(conn), ["bob", "", "transaction"]);
        Ok(())
    });
    assert_eq!(settings(conn), ["alice", "ticket 1", "session"]);
    let _rolled_back = conn.audited(&who("bob", None), |_| Err::<(), _>(Error::NotFound));
    assert_eq!(settings(conn), ["alice", "ticket 1", "session"]);
}

/// A rollback by the next user would bring the earlier user's name back.
#[test]
fn a_connection_with_an_open_transaction_is_replaced() {
    let database = audit_test_server::database();
    let pool = pool_of_one(&database, AuditCustomizer::new());
    let pid = {
        let conn = &mut pool.get_audited(&who("alice", None)).unwrap();
        conn.batch_execute("BEGIN").unwrap();
        one(conn, "SELECT pg_backend_pid()::text")
    };
    let conn = &mut pool.get_audited(&who("bob", None)).unwrap();
    assert_ne!(one(conn, "SELECT pg_backend_pid()::text"), pid);
    conn.batch_execute("ROLLBACK").unwrap();
    assert_eq!(settings(conn), ["bob", "", "session"]);
}

/// Diesel itself keeps such a connection in a pool.
#[test]
fn a_connection_in_a_test_transaction_stays() {
    let database = audit_test_server::database();
    let pool = pool_of_one(&database, AuditCustomizer::new());
    {
        let conn = &mut pool.get_audited(&who("alice", None)).unwrap();
        conn.begin_test_transaction().unwrap();
        conn.batch_execute("CREATE TABLE item (id int)").unwrap();
    }
    let conn = &mut pool.get_audited(&who("bob", None)).unwrap();
    assert_eq!(settings(conn), ["bob", "", "session"]);
    conn.batch_execute("SELECT FROM item").unwrap();
}

#[test]
fn constants_are_there_at_every_checkout() {
    let database = audit_test_server::database();
    let customizer = AuditCustomizer::new().constant("service", "shop").unwrap();
    let pool = pool_of_one(&database, customizer);
    let service = |conn: &mut PgConnection| current(conn, "audit.service");
    {
        // They are a context of their own: the pool has given them.
        let conn = &mut pool.get_unaudited("a test").unwrap();
        assert_eq!(service(conn), "shop");
        assert_eq!(settings(conn), ["", "", "session"]);
        conn.batch_execute("SET audit.service = 'other'").unwrap();
    }
    let batch = who("alice", None).set("service", "batch").unwrap();
    {
        let conn = &mut pool.get_audited(&batch).unwrap();
        assert_eq!(service(conn), "batch");
        // A scope of this transaction knows nothing of the checkout's.
        audited(conn, &who("bob", None), |conn| {
            assert_eq!(service(conn), "shop");
            audited(conn, &batch, |conn| {
                audited(conn, &who("carol", None), |conn| {
                    assert_eq!(service(conn), "shop");
                    Ok(())
                });
                assert_eq!(service(conn), "batch");
                Ok(())
            });
            assert_eq!(service(conn), "shop");
            Ok(())
        });
        assert_eq!(service(conn), "batch");
    }
    let conn = &mut pool.get_audited(&who("carol", None)).unwrap();
    assert_eq!(service(conn), "shop");
}

/// A constant of one pool is any setting to another pool of the process.
#[test]
fn a_constant_of_another_pool_is_cleared() {
    let database = audit_test_server::database();
    let _constant = AuditCustomizer::new().constant("service", "shop").unwrap();
    let pool = pool_of_one(&database, AuditCustomizer::new());
    let batch = who("alice", None).set("service", "batch").unwrap();
    {
        let conn = &mut pool.get_audited(&batch).unwrap();
        assert_eq!(current(conn, "audit.service"), "batch");
        audited(conn, &who("bob", None), |conn| {
            assert_eq!(current(conn, "audit.service"), "");
            Ok(())
        });
    }
    let conn = &mut pool.get_audited(&who("bob", None)).unwrap();
    assert_eq!(current(conn, "audit.service"), "");
}

#[test]
fn the_customizer_alone_gives_constants_to_a_plain_pool() {
    let database = audit_test_server::database();
    let customizer = AuditCustomizer::new().constant("service", "shop").unwrap();
    let pool = Pool::builder()
        .max_size(1)
        .connection_customizer(Box::new(customizer))
        .build(ConnectionManager::<PgConnection>::new(database.url()))
        .unwrap();
    let conn = &mut pool.get().unwrap();
    assert_eq!(current(conn, "audit.service"), "shop");
    assert_eq!(settings(conn), ["", "", "session"]);
    audited(conn, &who("alice", None), |conn| {
        assert_eq!(current(conn, "audit.service"), "shop");
        assert_eq!(settings(conn), ["alice", "", "transaction"]);
        Ok(())
    });
}

/// Reconnecting would not help, and would never end.
#[test]
fn a_context_that_the_server_refuses_is_an_error_and_no_reconnection() {
    let database = audit_test_server::database();
    let dropped = Dropped::default();
    let builder = Pool::builder()
        .max_size(1)
        .connection_timeout(Duration::from_secs(3))
        .error_handler(Box::new(dropped.clone()));
    let pool = AuditCustomizer::new()
        .wrap(builder, database.url())
        .unwrap();
    let pid = {
        let conn = &mut pool.get_audited(&who("alice", None)).unwrap();
        conn.batch_execute(
            "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC; \
             SET ROLE pg_monitor",
        )
        .unwrap();
        one(conn, "SELECT pg_backend_pid()::text")
    };
    for _ in 0..3 {
        let refused = match pool.get_audited(&who("bob", None)) {
            Ok(_) => panic!("a connection with alice's context"),
            Err(refused) => refused.to_string(),
        };
        assert!(refused.contains("permission denied"), "{refused}");
        assert!(pool.try_get_audited(&who("bob", None)).is_none());
        assert!(pool.get_unaudited("a test").is_err());
    }
    assert_eq!(dropped.0.load(Ordering::Relaxed), 0);
    let conn = &mut database.connect();
    let alive = format!("SELECT count(*)::text FROM pg_stat_activity WHERE pid = {pid}");
    assert_eq!(one(conn, &alive), "1");
}

/// How many connections the pool found to be of no use.
#[derive(Debug, Default, Clone)]
struct Dropped(Arc<AtomicU32>);

impl HandleError<diesel::r2d2::Error> for Dropped {
    fn handle_error(&self, _: diesel::r2d2::Error) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
