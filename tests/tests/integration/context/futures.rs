//! The context of a transaction on diesel-async: the same promises, and one
//! more, since a future may be dropped wherever it waits.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use audit_test_server::Database;
use diesel::connection::InstrumentationEvent;
use diesel::dsl::sql;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_audit::{AsyncAuditConnection, AuditContext, AuditError};

use super::{MARKER, current_sql, who};
use crate::migrated;

/// User, reason, and which marker holds here, as the trigger would take it.
pub(super) async fn settings(conn: &mut AsyncPgConnection) -> Vec<String> {
    let kind = format!("SELECT marker.kind FROM ({MARKER}) AS marker");
    let mut settings = Vec::new();
    for query in [current_sql("username"), current_sql("reason"), kind] {
        let value = sql::<Text>(&query).get_result(conn).await;
        settings.push(value.expect("a setting"));
    }
    settings
}

async fn connect(database: &Database) -> AsyncPgConnection {
    AsyncPgConnection::establish(database.url())
        .await
        .expect("a connection")
}

const NOBODY: [&str; 3] = ["", "", "unmarked"];
const INSERT: &str = "INSERT INTO users (email) VALUES (gen_random_uuid() || '@b')";

/// Who wrote, in order.
fn writers(database: &Database) -> Vec<Option<String>> {
    let query =
        sql::<Nullable<Text>>("SELECT audit_username FROM audit.users_audit ORDER BY audit_id");
    diesel::RunQueryDsl::load(query, &mut database.connect()).expect("the trail")
}

#[tokio::test]
async fn a_transaction_has_its_context_until_it_ends() {
    let database = migrated::database();
    let conn = &mut connect(&database).await;
    assert_eq!(settings(conn).await, NOBODY);
    conn.audited(&who("alice", Some("ticket 1")), async |conn| {
        assert_eq!(settings(conn).await, ["alice", "ticket 1", "transaction"]);
        conn.batch_execute(INSERT).await
    })
    .await
    .unwrap();
    assert_eq!(settings(conn).await, NOBODY);
    let undone = conn
        .audited(&who("bob", None), async |conn| {
            assert_eq!(settings(conn).await, ["bob", "", "transaction"]);
            conn.batch_execute(INSERT).await?;
            Err::<(), _>(Error::RollbackTransaction)
        })
        .await;
    assert_eq!(undone, Err(Error::RollbackTransaction));
    assert_eq!(settings(conn).await, NOBODY);
    let nobody = diesel::sql_query(INSERT).execute(conn).await;
    assert!(matches!(
        nobody.map_err(AuditError::from),
        Err(AuditError::SettingMissing(_))
    ));
    assert_eq!(writers(&database), [Some("alice".to_owned())]);
}

#[tokio::test]
async fn the_context_travels_with_the_begin() {
    let database = audit_test_server::database();
    let conn = &mut connect(&database).await;
    let sent = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&sent);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    conn.audited(&who("alice", None), async |_| Ok::<(), Error>(()))
        .await
        .unwrap();
    let sent = AtomicU32::load(&sent, Ordering::Relaxed);
    assert_eq!(sent, 2, "BEGIN with the context, and COMMIT");
}

#[tokio::test]
async fn an_inner_scope_replaces_the_context_and_puts_it_back() {
    let database = audit_test_server::database();
    let conn = &mut connect(&database).await;
    let alice = ["alice", "ticket 1", "transaction"];
    conn.audited(&who("alice", Some("ticket 1")), async |conn| {
        conn.audited(&who("bob", None), async |conn| {
            assert_eq!(settings(conn).await, ["bob", "", "transaction"]);
            Ok::<(), Error>(())
        })
        .await?;
        assert_eq!(settings(conn).await, alice);
        let undone = conn
            .audited(&AuditContext::new(), async |conn| {
                assert_eq!(settings(conn).await, ["", "", "transaction"]);
                Err::<(), _>(Error::NotFound)
            })
            .await;
        assert_eq!(undone, Err(Error::NotFound));
        assert_eq!(settings(conn).await, alice);
        // Diesel's own transaction, and the context for its rest.
        let undone = conn
            .transaction(async |conn| {
                assert_eq!(settings(conn).await, alice);
                conn.set_audit_context(&who("cleo", None)).await?;
                assert_eq!(settings(conn).await, ["cleo", "", "transaction"]);
                Err::<(), AuditError>(Error::RollbackTransaction.into())
            })
            .await;
        assert!(undone.is_err());
        assert_eq!(settings(conn).await, alice);
        Ok::<(), Error>(())
    })
    .await
    .unwrap();
    assert_eq!(settings(conn).await, NOBODY);
    assert!(matches!(
        conn.set_audit_context(&who("cleo", None)).await,
        Err(AuditError::NotInTransaction)
    ));
}

/// The closure hides that its statement failed. The outer context cannot be
/// put back in a transaction that is aborted, so the scope is rolled back.
#[tokio::test]
async fn an_error_that_the_closure_hides_is_found_when_the_context_is_put_back() {
    let database = audit_test_server::database();
    let conn = &mut connect(&database).await;
    conn.audited(&who("alice", None), async |conn| {
        let hidden = conn
            .audited(&who("bob", None), async |conn| {
                assert!(conn.batch_execute("SELECT 1/0").await.is_err());
                Ok::<(), Error>(())
            })
            .await;
        assert!(hidden.unwrap_err().to_string().contains("aborted"));
        assert_eq!(settings(conn).await, ["alice", "", "transaction"]);
        Ok::<(), Error>(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_connection_is_usable_after_a_panic_and_a_failing_begin() {
    let database = migrated::database();
    let conn = &mut connect(&database).await;
    let panicked = {
        let alice = who("alice", None);
        let future = conn.audited(&alice, async |conn| {
            conn.batch_execute(INSERT).await?;
            if settings(conn).await[0] == "alice" {
                panic!("in the closure");
            }
            Ok::<(), Error>(())
        });
        futures_catch(future).await
    };
    assert!(panicked);
    assert_eq!(settings(conn).await, NOBODY);

    conn.batch_execute(
        "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC; \
         SET ROLE pg_monitor",
    )
    .await
    .unwrap();
    let refused = conn
        .audited(&who("alice", None), async |_| Ok::<(), Error>(()))
        .await;
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("permission denied")
    );
    conn.batch_execute(
        "RESET ROLE; GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO PUBLIC",
    )
    .await
    .unwrap();
    conn.audited(&who("bob", None), async |conn| {
        conn.batch_execute(INSERT).await
    })
    .await
    .unwrap();
    assert_eq!(writers(&database), [Some("bob".to_owned())]);
}

/// Whether the future panicked.
async fn futures_catch<T>(future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(_)) => Poll::Ready(false),
            Err(_) => Poll::Ready(true),
        }
    })
    .await
}

#[tokio::test]
async fn scopes_work_in_a_test_transaction() {
    let database = migrated::database();
    let conn = &mut connect(&database).await;
    conn.begin_test_transaction().await.unwrap();
    conn.audited(&who("alice", None), async |conn| {
        assert_eq!(settings(conn).await, ["alice", "", "transaction"]);
        conn.batch_execute(INSERT).await
    })
    .await
    .unwrap();
    assert_eq!(settings(conn).await, NOBODY);
    let written = sql::<BigInt>("SELECT count(*) FROM audit.users_audit");
    assert_eq!(written.get_result::<i64>(conn).await.unwrap(), 1);
    assert_eq!(writers(&database), []);
}

/// Polls a future so many times, and drops it; tells whether it had ended.
async fn dropped_after<T>(polls: usize, future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    let mut polled = 0;
    std::future::poll_fn(|cx| {
        if polled == polls {
            return Poll::Ready(false);
        }
        polled += 1;
        future.as_mut().poll(cx).map(|_| true)
    })
    .await
}

/// Wherever it waits. Each time on a connection of its own, since diesel-async
/// takes none for its transactions on which one of its own was dropped.
#[tokio::test]
async fn a_scope_that_is_dropped_leaves_no_context() {
    let database = migrated::database();
    let mut polls = 0;
    loop {
        let conn = &mut connect(&database).await;
        let ended = dropped_after(
            polls,
            conn.audited(&who("alice", None), async |conn| {
                conn.batch_execute(INSERT).await?;
                conn.transaction(async |conn| conn.batch_execute(INSERT).await)
                    .await
            }),
        )
        .await;
        assert_eq!(settings(conn).await, NOBODY, "after {polls} polls");
        // Autocommit, so that an open transaction would hide it from others.
        let nobody = diesel::sql_query(INSERT).execute(conn).await;
        assert!(
            matches!(
                nobody.map_err(AuditError::from),
                Err(AuditError::SettingMissing(_))
            ),
            "after {polls} polls"
        );
        let committed = writers(&database);
        assert!(
            committed
                .iter()
                .all(|user| user.as_deref() == Some("alice")),
            "{committed:?}"
        );
        assert!(committed.len().is_multiple_of(2), "all or nothing");
        if ended {
            break;
        }
        polls += 1;
    }
    assert!(
        polls >= 6,
        "BEGIN, INSERT, SAVEPOINT, INSERT, RELEASE and COMMIT were waited for"
    );
}

/// The transaction around it goes on, with its own context.
#[tokio::test]
async fn an_inner_scope_that_is_dropped_gives_the_context_back() {
    let database = migrated::database();
    let conn = &mut connect(&database).await;
    let mut polls = 0;
    let mut ended = false;
    while !ended {
        ended = conn
            .audited(&who("alice", Some("ticket 1")), async |conn| {
                let ended = dropped_after(
                    polls,
                    conn.audited(&who("bob", None), async |conn| {
                        conn.batch_execute(INSERT).await
                    }),
                )
                .await;
                assert_eq!(
                    settings(conn).await,
                    ["alice", "ticket 1", "transaction"],
                    "after {polls} polls"
                );
                conn.batch_execute(INSERT).await?;
                Ok::<_, Error>(ended)
            })
            .await
            .unwrap_or_else(|error| panic!("after {polls} polls: {error}"));
        polls += 1;
    }
    assert!(polls > 4);
    let by_alice = writers(&database);
    let by_alice = by_alice
        .iter()
        .filter(|user| user.as_deref() == Some("alice"));
    assert_eq!(by_alice.count(), polls, "each outer scope has committed");
}

#[tokio::test]
async fn a_context_that_cannot_be_stored_is_refused_before_any_sql() {
    struct Forgotten;
    impl diesel_audit::ToAuditContext for Forgotten {
        fn to_audit_context(&self) -> Result<AuditContext, AuditError> {
            AuditContext::new().set("username", "\u{200B}")
        }
    }
    let database = audit_test_server::database();
    let conn = &mut connect(&database).await;
    let refused = conn
        .audited(&Forgotten, async |_| -> Result<(), Error> {
            unreachable!("the scope is not entered")
        })
        .await;
    assert!(matches!(
        AuditError::from(refused.unwrap_err()),
        AuditError::SettingRefused {
            name: "username",
            ..
        }
    ));
}
