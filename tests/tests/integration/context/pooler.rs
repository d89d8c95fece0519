//! Behind a real PgBouncer: what a checkout may not do there, and what a
//! transaction may.

use audit_test_server::{Database, PgBouncer, PoolMode, StartupOptions};
use diesel::connection::{CacheSize, SimpleConnection};
use diesel::prelude::*;
use diesel::r2d2::Pool;
use diesel_audit::{AuditConnection, AuditCustomizer, AuditError, AuditPool};

use super::who;
use crate::migrated;
use crate::support::texts;

/// Nothing where there is no PgBouncer; the output says so.
pub(super) fn bouncer(
    database: &Database,
    mode: PoolMode,
    options: StartupOptions,
) -> Option<PgBouncer> {
    // In session mode each of two pools has one.
    let sessions = if mode == PoolMode::Session { 2 } else { 1 };
    PgBouncer::start(database, mode, options, sessions)
        .inspect_err(|error| eprintln!("skipped: {error}"))
        .ok()
}

fn pool(customizer: AuditCustomizer, url: &str) -> AuditPool {
    customizer
        .wrap(Pool::builder().max_size(1), url)
        .expect("a pool")
}

const INSERT: &str = "INSERT INTO users (email) VALUES (gen_random_uuid() || '@b')";

#[test]
fn a_checkout_with_a_context_is_refused() {
    for options in [StartupOptions::Refused, StartupOptions::Ignored] {
        let database = migrated::database();
        for mode in [PoolMode::Transaction, PoolMode::Session] {
            let Some(bouncer) = bouncer(&database, mode, options) else {
                return;
            };
            let refused = |pool: &AuditPool| {
                let error = pool.get_audited(&who("alice", None)).map(drop).unwrap_err();
                assert!(
                    matches!(error, AuditError::Indirect),
                    "{options:?} {mode:?}: {error}"
                );
                assert!(pool.try_get_audited(&who("alice", None)).is_none());
            };
            let plain = pool(AuditCustomizer::new(), bouncer.url());
            refused(&plain);
            // To read is no harm, and to write needs a context.
            let conn = &mut plain.get_unaudited("a test").expect("a connection");
            assert_eq!(texts(conn, "SELECT 'x'"), [Some("x".to_owned())]);
            assert!(conn.batch_execute(INSERT).is_err());

            let constant = AuditCustomizer::new()
                .constant("username", "shop")
                .expect("a constant");
            let constant = pool(constant, bouncer.url());
            refused(&constant);
            assert!(matches!(
                constant.get_unaudited("a test").map(drop),
                Err(AuditError::Indirect)
            ));
        }
    }
}

#[test]
fn a_transaction_has_its_own_context() {
    let database = migrated::database();
    let options = StartupOptions::Refused;
    let Some(bouncer) = bouncer(&database, PoolMode::Transaction, options) else {
        return;
    };
    let mut conns = [(); 2].map(|()| {
        let mut conn = PgConnection::establish(bouncer.url()).expect("a connection");
        // Named statements are the session's, which is another one next time.
        conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        conn
    });
    for turn in 0..6 {
        let (conn, user) = (&mut conns[turn % 2], ["alice", "bob"][turn % 2]);
        conn.audited(&who(user, None), |conn| conn.batch_execute(INSERT))
            .expect(user);
        let stale = conn.batch_execute(INSERT).expect_err("no context");
        assert!(matches!(
            AuditError::from(stale),
            AuditError::SettingMissing(_)
        ));
    }
    let users = texts(
        &mut database.connect(),
        "SELECT audit_username FROM audit.users_audit ORDER BY audit_id",
    );
    let users: Vec<String> = users.into_iter().flatten().collect();
    assert_eq!(users, ["alice", "bob", "alice", "bob", "alice", "bob"]);
}

/// There is no transaction there that a context could belong to.
#[test]
fn in_statement_mode_nothing_is_written() {
    let database = migrated::database();
    let options = StartupOptions::Refused;
    let Some(bouncer) = bouncer(&database, PoolMode::Statement, options) else {
        return;
    };
    let mut conn = PgConnection::establish(bouncer.url()).expect("a connection");
    conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    let mut reached = false;
    let refused = conn.audited(&who("alice", None), |conn| {
        reached = true;
        conn.batch_execute(INSERT)
    });
    refused.expect_err("the pooler ends the connection");
    assert!(!reached);
    let rows =
        "SELECT (SELECT count(*) FROM users) || ' ' || (SELECT count(*) FROM audit.users_audit)";
    assert_eq!(
        texts(&mut database.connect(), rows),
        [Some("0 0".to_owned())]
    );
}

#[test]
fn a_pooler_in_session_mode_is_the_callers_to_know() {
    let database = migrated::database();
    let options = StartupOptions::Refused;
    let Some(bouncer) = bouncer(&database, PoolMode::Session, options) else {
        return;
    };
    let pool = pool(
        AuditCustomizer::new().behind_session_pooler(),
        bouncer.url(),
    );
    for user in ["alice", "bob"] {
        let conn = &mut pool.get_audited(&who(user, None)).expect(user);
        conn.batch_execute(INSERT).expect(user);
    }
    let users = texts(
        &mut database.connect(),
        "SELECT audit_username FROM audit.users_audit ORDER BY audit_id",
    );
    assert_eq!(users, [Some("alice".to_owned()), Some("bob".to_owned())]);
}

/// What the proof is for: nothing else would tell.
#[test]
fn a_wrong_word_for_the_pooler_gives_the_context_away() {
    let database = migrated::database();
    let options = StartupOptions::Refused;
    let Some(bouncer) = bouncer(&database, PoolMode::Transaction, options) else {
        return;
    };
    let wrong = pool(
        AuditCustomizer::new().behind_session_pooler(),
        bouncer.url(),
    );
    drop(wrong.get_audited(&who("alice", None)).expect("a checkout"));
    let mut other = PgConnection::establish(bouncer.url()).expect("a connection");
    other.batch_execute(INSERT).expect("as alice");
}

/// The options of the address and of the number are both the server's.
#[test]
fn a_direct_connection_keeps_its_options() {
    let database = migrated::database();
    let sign = if database.url().contains('?') {
        '&'
    } else {
        '?'
    };
    let url = format!("{}{sign}options=-c%20geqo_effort%3D3", database.url());
    let pool = pool(AuditCustomizer::new(), &url);
    let conn = &mut pool.get_audited(&who("alice", None)).expect("direct");
    assert_eq!(texts(conn, "SHOW geqo_effort"), [Some("3".to_owned())]);
    conn.batch_execute(INSERT).expect("recorded");
}
