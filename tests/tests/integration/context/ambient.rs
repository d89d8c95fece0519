//! A context for what runs: it follows its task, and nothing else.

use std::time::Duration;

use diesel::result::Error;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use diesel_audit::{
    Ambient, AsyncAuditConnection, AuditConnection, AuditContext, AuditCustomizer, AuditError,
    ToAuditContext,
};

use super::{futures, pool_of_one, settings, who};

fn user() -> Option<String> {
    match Ambient.to_audit_context() {
        Ok(context) => context.get("username").map(str::to_owned),
        Err(AuditError::NoAmbientContext) => None,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn scopes_nest_and_end_with_a_panic_too() {
    let alice = Some("alice".to_owned());
    assert_eq!(user(), None);
    Ambient::scope(&who("alice", None), || {
        let inner = Ambient::scope(&who("bob", None), user).unwrap();
        assert_eq!(inner.as_deref(), Some("bob"));
        assert_eq!(user(), alice);
        super::panics(|| {
            let _ = Ambient::scope(&who("cleo", None), || panic!("as {:?}", user()));
        });
        assert_eq!(user(), alice);
    })
    .unwrap();
    assert_eq!(user(), None);
}

#[test]
fn a_call_uses_what_it_is_given() {
    let database = audit_test_server::database();
    let pool = pool_of_one(&database, AuditCustomizer::new());
    Ambient::scope(&who("alice", Some("ticket 1")), || {
        let conn = &mut pool.get_audited(&Ambient).unwrap();
        assert_eq!(settings(conn), ["alice", "ticket 1", "session"]);
        conn.audited(&who("bob", None), |conn| {
            assert_eq!(settings(conn), ["bob", "", "transaction"]);
            conn.audited(&Ambient, |conn| {
                assert_eq!(settings(conn), ["alice", "ticket 1", "transaction"]);
                Ok::<(), Error>(())
            })
        })
        .unwrap();
    })
    .unwrap();
    let refused = pool.get_audited(&Ambient).map(drop);
    assert!(matches!(refused, Err(AuditError::NoAmbientContext)));
    let conn = &mut pool.get_unaudited("a test").unwrap();
    let refused = conn.audited(&Ambient, |_| Ok::<(), AuditError>(()));
    assert!(matches!(refused, Err(AuditError::NoAmbientContext)));
}

/// Two tasks take turns on one thread, and each goes on on several threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_keeps_its_own_context_on_whichever_thread() {
    let task = |user_of_task: &'static str| {
        let turns = async move {
            for _ in 0..50 {
                tokio::time::sleep(Duration::from_micros(100)).await;
                assert_eq!(user().as_deref(), Some(user_of_task));
            }
        };
        Ambient::scope_future(&who(user_of_task, None), turns).unwrap()
    };
    let tasks = ["alice", "bob", "cleo", "dana"].map(|user| tokio::spawn(task(user)));
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(user(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_task_starts_has_its_context_only_when_it_is_carried() {
    let started = async {
        let spawned = tokio::spawn(async { user() }).await.unwrap();
        let carried = tokio::spawn(Ambient::carry_future(async { user() }));
        let blocking = tokio::task::spawn_blocking(user).await.unwrap();
        let carried_blocking = tokio::task::spawn_blocking(Ambient::carry(user));
        [
            spawned,
            carried.await.unwrap(),
            blocking,
            carried_blocking.await.unwrap(),
        ]
    };
    let users = Ambient::scope_future(&who("alice", None), started).unwrap();
    let alice = || Some("alice".to_owned());
    assert_eq!(users.await, [None, alice(), None, alice()]);
}

#[tokio::test]
async fn a_transaction_takes_it_when_it_begins() {
    let database = audit_test_server::database();
    let mut conn = AsyncPgConnection::establish(database.url()).await.unwrap();
    let write = conn.audited(&Ambient, async |conn| {
        assert_eq!(futures::settings(conn).await, ["alice", "", "transaction"]);
        Ok::<(), Error>(())
    });
    // The future was made outside of the scope, so it has no context.
    let refused = Ambient::scope_future(&who("alice", None), write).unwrap();
    assert!(matches!(
        refused.await.map_err(AuditError::from),
        Err(AuditError::NoAmbientContext)
    ));
    let write = async {
        conn.audited(&Ambient, async |conn| {
            assert_eq!(futures::settings(conn).await, ["alice", "", "transaction"]);
            Ok::<(), Error>(())
        })
        .await
    };
    let written = Ambient::scope_future(&who("alice", None), write).unwrap();
    written.await.unwrap();
    let empty = Ambient::scope(&AuditContext::new(), || Ambient.to_audit_context());
    assert!(empty.unwrap().unwrap().is_empty());
}
