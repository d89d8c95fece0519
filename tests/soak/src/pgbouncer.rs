//! Fifty users behind a PgBouncer in transaction mode with two sessions: a
//! context of the transaction is never another user's, and one of a checkout
//! is refused.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use audit_test_server::{PgBouncer, PoolMode, Server, StartupOptions};
use diesel::connection::{CacheSize, SimpleConnection};
use diesel::prelude::*;
use diesel::r2d2::Pool;
use diesel_audit::{
    AuditConnection, AuditContext, AuditCustomizer, AuditError, AuditPool, Audited, install,
};

const THREADS: usize = 8;
const USERS: usize = 50;
const SESSIONS: u32 = 2;

diesel::table! {
    message (id) {
        id -> Int8,
        written_by -> Text,
    }
}

/// A row that says itself who wrote it.
#[derive(Audited)]
#[diesel(table_name = message)]
#[audit(session_settings(username: Text, request_id: Nullable<BigInt>))]
#[allow(dead_code)]
struct Message {
    id: i64,
    written_by: String,
}

/// What was done, and what came out.
#[derive(Debug)]
pub(crate) struct Figures {
    transactions: usize,
    checkouts: usize,
    refused: usize,
    by_session: usize,
    rows: i64,
    wrong_user: i64,
    surprises: usize,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        self.wrong_user == 0
            && self.surprises == 0
            && self.refused == self.checkouts
            && usize::try_from(self.rows) == Ok(self.transactions + self.by_session)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "pgbouncer: {THREADS} threads, {USERS} users, {SESSIONS} sessions: {} transactions in transaction mode, \
             {} checkouts there of which {} were refused, {} checkouts in session mode; {} audit rows, \
             {} with another user's name, {} surprises",
            self.transactions,
            self.checkouts,
            self.refused,
            self.by_session,
            self.rows,
            self.wrong_user,
            self.surprises,
        )
    }
}

/// What the threads count.
#[derive(Default)]
struct Counts {
    transactions: AtomicUsize,
    refused: AtomicUsize,
    by_session: AtomicUsize,
    surprises: AtomicUsize,
}

impl Counts {
    fn surprise(&self, what: &str, error: &dyn fmt::Display) {
        eprintln!("{what}: {error}");
        self.surprises.fetch_add(1, Ordering::Relaxed);
    }
}

pub(crate) fn run(transactions: usize) -> Result<Figures, Box<dyn Error + Send + Sync>> {
    let server = Server::find()?;
    let database = server.create_database()?;
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE TABLE message (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, written_by text NOT NULL)",
    )?;
    install(&mut conn, &[Message::audited_table()?])?;

    let counts = Counts::default();
    let checkouts = transactions / 10;
    let start = |mode| PgBouncer::start(&database, mode, StartupOptions::Ignored, SESSIONS);
    let bouncer = start(PoolMode::Transaction)?;
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (counts, url) = (&counts, bouncer.url());
            scope.spawn(move || in_transactions(counts, url, thread, transactions / THREADS));
        }
    });
    let pool = AuditCustomizer::new().wrap(Pool::builder().max_size(4), bouncer.url())?;
    each_checkout(&pool, checkouts, |user, conn| match conn {
        Err(AuditError::Indirect) => {
            counts.refused.fetch_add(1, Ordering::Relaxed);
        }
        Err(error) => counts.surprise(user, &error),
        Ok(conn) => {
            let done = insert(conn, user);
            counts.surprise(user, &format!("a context was accepted, and then {done:?}"));
        }
    });
    drop(bouncer);

    let bouncer = start(PoolMode::Session)?;
    let customizer = AuditCustomizer::new().behind_session_pooler();
    // One connection less than sessions: in session mode each has its own.
    let pool = customizer.wrap(Pool::builder().max_size(SESSIONS), bouncer.url())?;
    each_checkout(&pool, checkouts, |user, conn| {
        match conn.and_then(|conn| insert(conn, user).map_err(AuditError::from)) {
            Ok(_) => {
                counts.by_session.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => counts.surprise(user, &error),
        }
    });
    drop(pool);

    let audit = message_audit::table;
    Ok(Figures {
        transactions: counts.transactions.into_inner(),
        checkouts: checkouts / THREADS * THREADS,
        refused: counts.refused.into_inner(),
        by_session: counts.by_session.into_inner(),
        rows: audit.count().get_result(&mut conn)?,
        wrong_user: audit
            .filter(message_audit::audit_username.is_distinct_from(message_audit::written_by))
            .count()
            .get_result(&mut conn)?,
        surprises: counts.surprises.into_inner(),
    })
}

/// Writes as one user after the other, and now and then without any context,
/// which must not find that of the one before.
fn in_transactions(counts: &Counts, url: &str, thread: usize, turns: usize) {
    let mut conn = match PgConnection::establish(url) {
        Ok(conn) => conn,
        Err(error) => return counts.surprise("connect", &error),
    };
    // Named statements are the session's, which is another one next time.
    conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    for turn in 0..turns {
        let user = user(thread, turn);
        let context = match AuditContext::new().set("username", &user) {
            Ok(context) => context,
            Err(error) => return counts.surprise(&user, &error),
        };
        match conn.audited(&context, |conn| insert(conn, &user)) {
            Ok(_) => {
                counts.transactions.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => counts.surprise(&user, &error),
        }
        if turn.is_multiple_of(10) {
            match insert(&mut conn, &user).map_err(AuditError::from) {
                Err(AuditError::SettingMissing(_)) => {}
                Err(error) => counts.surprise(&user, &error),
                Ok(_) => counts.surprise(&user, &"a write without a context was accepted"),
            }
        }
    }
}

type Checkout<'a> = Result<&'a mut PgConnection, AuditError>;

fn each_checkout(pool: &AuditPool, checkouts: usize, each: impl Fn(&str, Checkout<'_>) + Sync) {
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let each = &each;
            scope.spawn(move || {
                for turn in 0..checkouts / THREADS {
                    let user = user(thread, turn);
                    let context = AuditContext::new().set("username", &user);
                    match context.and_then(|context| pool.get_audited(&context)) {
                        Ok(mut conn) => each(&user, Ok(&mut conn)),
                        Err(error) => each(&user, Err(error)),
                    }
                }
            });
        }
    });
}

fn user(thread: usize, turn: usize) -> String {
    format!("user {}", (thread * 7 + turn) % USERS)
}

fn insert(conn: &mut PgConnection, user: &str) -> QueryResult<usize> {
    diesel::insert_into(message::table)
        .values(message::written_by.eq(user))
        .execute(conn)
}
