//! The context of a checkout on bb8 and deadpool. One text for both: they have
//! the same verbs.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use audit_test_server::{PoolMode, StartupOptions};
use diesel::dsl::sql;
use diesel::result::Error;
use diesel::sql_types::{Integer, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_audit::{
    AsyncAuditConnection, AsyncConnector, AuditContext, AuditCustomizer, AuditError,
};

use super::futures::settings;
use super::pooler::bouncer;
use super::vouched::{self, DONE, JOB, RECORDED, STRICT, WRITE, missing, refused};
use super::{current_sql, one, who};
use crate::migrated;

const INSERT: &str = "INSERT INTO users (email) VALUES (gen_random_uuid() || '@b')";

async fn pid(conn: &mut AsyncPgConnection) -> i32 {
    let pid = sql::<Integer>("SELECT pg_backend_pid()")
        .get_result(conn)
        .await;
    pid.expect("a number")
}

async fn write(conn: &mut AsyncPgConnection, statement: &str) -> Result<(), AuditError> {
    diesel::sql_query(statement).execute(conn).await?;
    Ok(())
}

async fn current(conn: &mut AsyncPgConnection, setting: &str) -> String {
    let current = sql::<Text>(&current_sql(setting)).get_result(conn).await;
    current.expect("the setting")
}

mod on_bb8 {
    use diesel_audit::bb8::AuditPool;

    use super::*;

    async fn pool_of_one(customizer: AuditCustomizer, url: impl Into<AsyncConnector>) -> AuditPool {
        let builder = bb8::Pool::builder()
            .max_size(1)
            .connection_timeout(Duration::from_secs(5));
        customizer.wrap_bb8(builder, url).await.expect("a pool")
    }

    tests_of_a_pool!();
}

mod on_deadpool {
    use diesel_audit::deadpool::AuditPool;

    use super::*;

    async fn pool_of_one(customizer: AuditCustomizer, url: impl Into<AsyncConnector>) -> AuditPool {
        let timeout = Some(Duration::from_secs(5));
        let pool = customizer.wrap_deadpool(url, |builder| {
            builder
                .max_size(1)
                .wait_timeout(timeout)
                .recycle_timeout(timeout)
        });
        pool.expect("a pool")
    }

    tests_of_a_pool!();
}

macro_rules! tests_of_a_pool {
    () => {
        /// The first checkout is on a connection that was opened for it.
        #[tokio::test]
        async fn two_users_of_one_connection_do_not_meet() {
            let database = migrated::database();
            let pool = pool_of_one(AuditCustomizer::new(), database.url()).await;
            let mut pids = Vec::new();
            for (user, reason) in [("alice", Some("ticket 1")), ("bob", None), ("", None)] {
                let conn = &mut if user.is_empty() {
                    pool.get_unaudited("reads the trail").await.unwrap()
                } else {
                    pool.get_audited(&who(user, reason)).await.unwrap()
                };
                let reason = reason.unwrap_or_default();
                assert_eq!(settings(conn).await, [user, reason, "session"]);
                let why = if user.is_empty() { "reads the trail" } else { "" };
                assert_eq!(current(conn, "unaudited").await, why);
                let written = diesel::sql_query(INSERT).execute(conn).await;
                assert_eq!(written.is_ok(), !user.is_empty(), "{written:?}");
                pids.push(pid(conn).await);
            }
            assert!(pids.iter().all(|pid| *pid == pids[0]), "{pids:?}");
        }

        #[tokio::test]
        async fn a_transaction_on_a_checkout_ends_in_the_context_of_the_checkout() {
            let database = migrated::database();
            let pool = pool_of_one(AuditCustomizer::new(), database.url()).await;
            let conn = &mut pool.get_audited(&who("alice", None)).await.unwrap();
            conn.audited(&who("bob", Some("r")), async |conn| {
                assert_eq!(settings(conn).await, ["bob", "r", "transaction"]);
                conn.batch_execute(INSERT).await
            })
            .await
            .unwrap();
            assert_eq!(settings(conn).await, ["alice", "", "session"]);
        }

        #[tokio::test]
        async fn constants_are_there_at_every_checkout() {
            let database = audit_test_server::database();
            let customizer = AuditCustomizer::new().constant("service", "shop").unwrap();
            let pool = pool_of_one(customizer, database.url()).await;
            for _ in 0..2 {
                let conn = &mut pool.get_audited(&who("alice", None)).await.unwrap();
                assert_eq!(current(conn, "service").await, "shop");
                conn.audited(&who("bob", None), async |conn| {
                    assert_eq!(current(conn, "service").await, "shop");
                    Ok::<(), Error>(())
                })
                .await
                .unwrap();
            }
        }

        /// A rollback by the next user would bring the earlier user's name back.
        #[tokio::test]
        async fn a_connection_with_an_open_transaction_is_replaced() {
            let database = audit_test_server::database();
            let pool = pool_of_one(AuditCustomizer::new(), database.url()).await;
            let begun_on = {
                let conn = &mut pool.get_audited(&who("alice", None)).await.unwrap();
                // Diesel does not see it.
                conn.batch_execute("BEGIN").await.unwrap();
                pid(conn).await
            };
            let conn = &mut pool.get_audited(&who("bob", None)).await.unwrap();
            assert_ne!(pid(conn).await, begun_on);
            conn.batch_execute("ROLLBACK").await.unwrap();
            assert_eq!(settings(conn).await, ["bob", "", "session"]);
        }

        /// It would refuse every context, and every write.
        #[tokio::test]
        async fn a_connection_with_an_aborted_transaction_is_replaced() {
            let database = audit_test_server::database();
            let pool = pool_of_one(AuditCustomizer::new(), database.url()).await;
            let begun_on = {
                let conn = &mut pool.get_audited(&who("alice", None)).await.unwrap();
                let begun_on = pid(conn).await;
                assert!(conn.batch_execute("BEGIN").await.is_ok());
                assert!(conn.batch_execute("SELECT 1/0").await.is_err());
                begun_on
            };
            let conn = &mut pool.get_audited(&who("bob", None)).await.unwrap();
            assert_ne!(pid(conn).await, begun_on);
            assert_eq!(settings(conn).await, ["bob", "", "session"]);
        }

        /// Diesel itself keeps such a connection in a pool.
        #[tokio::test]
        async fn a_connection_in_a_test_transaction_stays() {
            let database = migrated::database();
            let pool = pool_of_one(AuditCustomizer::new(), database.url()).await;
            let begun_on = {
                let conn = &mut pool.get_audited(&who("alice", None)).await.unwrap();
                conn.begin_test_transaction().await.unwrap();
                pid(conn).await
            };
            tokio::time::sleep(Duration::from_millis(20)).await;
            let conn = &mut pool.get_audited(&who("bob", None)).await.unwrap();
            assert_eq!(pid(conn).await, begun_on);
            diesel::sql_query(INSERT).execute(conn).await.unwrap();
            let by = sql::<Text>("SELECT audit_username FROM audit.users_audit");
            assert_eq!(by.get_result::<String>(conn).await.unwrap(), "bob");
        }

        #[tokio::test]
        async fn a_connection_that_the_server_ended_is_replaced() {
            let database = audit_test_server::database();
            let pool = pool_of_one(AuditCustomizer::new(), database.url()).await;
            let ended = pid(&mut pool.get_audited(&who("alice", None)).await.unwrap()).await;
            let mut other = AsyncPgConnection::establish(database.url()).await.unwrap();
            other
                .batch_execute(&format!("SELECT pg_terminate_backend({ended}, 5000)"))
                .await
                .unwrap();
            let conn = &mut pool.get_audited(&who("bob", None)).await.unwrap();
            assert_ne!(pid(conn).await, ended);
            assert_eq!(settings(conn).await, ["bob", "", "session"]);
        }

        /// Reconnecting would not help, and would never end.
        #[tokio::test]
        async fn a_context_that_the_server_refuses_is_an_error_and_no_reconnection() {
            let database = audit_test_server::database();
            let pool = pool_of_one(AuditCustomizer::new(), database.url()).await;
            let refusing = {
                let conn = &mut pool.get_audited(&who("alice", None)).await.unwrap();
                conn.batch_execute(
                    "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC; \
                     SET ROLE pg_monitor",
                )
                .await
                .unwrap();
                pid(conn).await
            };
            for _ in 0..3 {
                match pool.get_audited(&who("bob", None)).await {
                    Ok(_) => panic!("a connection with alice's context"),
                    Err(AuditError::Database(error)) => {
                        assert!(error.to_string().contains("permission denied"), "{error}");
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
            let mut other = AsyncPgConnection::establish(database.url()).await.unwrap();
            let alive = sql::<Integer>(&format!(
                "SELECT count(*)::int FROM pg_stat_activity WHERE pid = {refusing}"
            ));
            assert_eq!(alive.get_result::<i32>(&mut other).await.unwrap(), 1);
        }

        #[tokio::test]
        async fn what_a_checkout_does_to_its_session_ends_with_it() {
            for (done, is_lost, is_of_use) in DONE {
                let database = vouched::database();
                let pool = pool_of_one(AuditCustomizer::new(), database.url()).await;
                let ended = {
                    let conn = &mut pool.get_audited(&who("ada", None)).await.unwrap();
                    let pid = pid(conn).await;
                    write(conn, WRITE).await.unwrap();
                    conn.batch_execute(done).await.unwrap();
                    write(conn, JOB).await.unwrap();
                    if is_lost {
                        refused(write(conn, WRITE).await);
                        missing(write(conn, STRICT).await);
                    } else {
                        write(conn, STRICT).await.unwrap();
                    }
                    pid
                };
                for user in ["ben", "cleo"] {
                    let conn = &mut pool.get_audited(&who(user, None)).await.unwrap();
                    for statement in [WRITE, JOB, STRICT] {
                        write(conn, statement).await.unwrap();
                    }
                    assert_eq!(pid(conn).await == ended, is_of_use, "{done}");
                }
                let conn = &mut pool.get_unaudited("why").await.unwrap();
                missing(write(conn, WRITE).await);
                missing(write(conn, STRICT).await);
                write(conn, JOB).await.unwrap();
                let own = if is_lost {
                    "item ada, job"
                } else {
                    "item ada, job ada, strict ada"
                };
                let recorded = one(&mut database.connect(), RECORDED);
                assert_eq!(
                    recorded,
                    format!(
                        "{own}, item ben, job ben, strict ben, item cleo, job cleo, strict cleo, job why"
                    ),
                    "{done}"
                );
            }
        }

        #[tokio::test]
        async fn what_comes_with_a_connection_belongs_to_no_scope() {
            for of_database in [false, true] {
                let database = vouched::database();
                let url = if !of_database {
                    vouched::with_options(&database)
                } else if vouched::give_defaults(&database) {
                    database.url().to_owned()
                } else {
                    return;
                };
                let pool = pool_of_one(AuditCustomizer::new(), url).await;
                {
                    let conn = &mut pool.get_audited(&who("ben", None)).await.unwrap();
                    for statement in [WRITE, JOB, STRICT] {
                        write(conn, statement).await.unwrap();
                    }
                    let nothing = AuditContext::new();
                    conn.audited(&nothing, async |conn| write(conn, JOB).await)
                        .await
                        .unwrap();
                    conn.audited(&who("cleo", None), async |conn| write(conn, WRITE).await)
                        .await
                        .unwrap();
                }
                let conn = &mut pool.get_unaudited("a job").await.unwrap();
                refused(write(conn, WRITE).await);
                missing(write(conn, STRICT).await);
                write(conn, JOB).await.unwrap();
                assert_eq!(
                    one(&mut database.connect(), RECORDED),
                    "item ben, job ben, strict ben, job, item cleo, job a job"
                );
            }
        }

        /// Wherever it waits, also while the connection is opened.
        #[tokio::test]
        async fn a_checkout_that_is_dropped_gives_nobody_its_context() {
            let database = audit_test_server::database();
            let mut polls = 0;
            let mut ended = false;
            while !ended {
                let pool = pool_of_one(AuditCustomizer::new(), database.url()).await;
                let alice = who("alice", Some("ticket 1"));
                ended = {
                    let mut checkout = pin!(pool.get_audited(&alice));
                    let mut polled = 0;
                    poll_fn(|cx| {
                        if polled == polls {
                            return Poll::Ready(false);
                        }
                        polled += 1;
                        checkout.as_mut().poll(cx).map(|conn| conn.is_ok())
                    })
                    .await
                };
                let conn = &mut pool.get_unaudited("a test").await.unwrap();
                assert_eq!(settings(conn).await, ["", "", "session"], "after {polls} polls");
                polls += 1;
            }
            assert!(polls > 1);
        }

        #[tokio::test]
        async fn behind_a_pooler_a_transaction_has_its_context_and_a_checkout_is_refused() {
            for options in [StartupOptions::Refused, StartupOptions::Ignored] {
                let database = migrated::database();
                let Some(bouncer) = bouncer(&database, PoolMode::Transaction, options) else {
                    return;
                };
                let pool = pool_of_one(AuditCustomizer::new(), bouncer.url()).await;
                let refused = pool.get_audited(&who("alice", None)).await.map(drop);
                assert!(
                    matches!(refused, Err(AuditError::Indirect)),
                    "{options:?}: {refused:?}"
                );
                let conn = &mut pool.get_unaudited("a test").await.unwrap();
                assert!(conn.batch_execute(INSERT).await.is_err());
                conn.audited(&who("bob", None), async |conn| {
                    diesel::sql_query(INSERT).execute(conn).await
                })
                .await
                .unwrap();
                let by = sql::<Text>("SELECT audit_username FROM audit.users_audit");
                let by = diesel::RunQueryDsl::load::<String>(by, &mut database.connect());
                assert_eq!(by.unwrap(), ["bob"]);
            }
        }

        /// It gets the URL with the option that proves the connection direct: else
        /// the checkout would be refused.
        #[tokio::test]
        async fn a_setup_of_ones_own_opens_the_connections() {
            let database = audit_test_server::database();
            let opened = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&opened);
            let connector = AsyncConnector::new(database.url()).custom_setup(move |url| {
                count.fetch_add(1, Ordering::Relaxed);
                Box::pin(AsyncPgConnection::establish(url))
            });
            let pool = pool_of_one(AuditCustomizer::new(), connector).await;
            let conn = &mut pool.get_audited(&who("alice", None)).await.unwrap();
            assert_eq!(settings(conn).await, ["alice", "", "session"]);
            assert_eq!(AtomicUsize::load(&opened, Ordering::Relaxed), 1);
        }

        #[tokio::test]
        async fn no_connection_is_a_typed_error_in_time() {
            let database = audit_test_server::database();
            let pool = pool_of_one(AuditCustomizer::new(), database.url()).await;
            let _taken = pool.get_audited(&who("alice", None)).await.unwrap();
            let waited = std::time::Instant::now();
            let error = pool.get_audited(&who("bob", None)).await.map(drop);
            assert!(waited.elapsed() < Duration::from_secs(8));
            match error.unwrap_err() {
                AuditError::Bb8(_) | AuditError::Deadpool(_) => {}
                other => panic!("{other:?}"),
            }
        }
    };
}
use tests_of_a_pool;
