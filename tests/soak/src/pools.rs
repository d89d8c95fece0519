//! Several users share a pool that is smaller than their number: every audit
//! row has the name of the user who wrote it.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use audit_test_server::Server;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::Pool;
use diesel_audit::{
    AuditConnection, AuditContext, AuditCustomizer, AuditError, AuditPool, Audited, install,
};
use uuid::Uuid;

const THREADS: usize = 8;
const POOL: u32 = 4;

diesel::table! {
    entry (id) {
        id -> Int8,
        written_by -> Text,
        request -> Nullable<Uuid>,
    }
}

/// A row that says itself who wrote it, and for which request.
#[derive(Audited)]
#[diesel(table_name = entry)]
#[audit(session_settings(username: Text, request_id: Nullable<Uuid>))]
#[allow(dead_code)]
struct Entry {
    id: i64,
    written_by: String,
    request: Option<Uuid>,
}

/// What was done, and what came out.
#[derive(Debug)]
pub(crate) struct Figures {
    checkouts: usize,
    written: i64,
    refused: usize,
    rows: i64,
    wrong_user: i64,
    wrong_request: i64,
    surprises: usize,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        self.wrong_user == 0
            && self.wrong_request == 0
            && self.surprises == 0
            && self.rows == self.written
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "pools: {} threads, {} users, pool of {POOL}, {} checkouts: {} rows written, {} audit rows, \
             {} with another user's name, {} with another request, {} writes without a context refused, {} surprises",
            THREADS,
            2 * THREADS,
            self.checkouts,
            self.written,
            self.rows,
            self.wrong_user,
            self.wrong_request,
            self.refused,
            self.surprises,
        )
    }
}

/// Each thread takes the connections in turns for two users: with and without
/// a request, in both scopes, nested, rolled back, and without any context.
pub(crate) fn run(checkouts: usize) -> Result<Figures, Box<dyn Error + Send + Sync>> {
    let server = Server::find()?;
    let database = server.create_database()?;
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, written_by text NOT NULL, request uuid)",
    )?;
    install(&mut conn, &[Entry::audited_table()?])?;

    let builder = Pool::builder().max_size(POOL);
    let pool = AuditCustomizer::new().wrap(builder, database.url())?;
    let (refused, surprises) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (pool, refused, surprises) = (&pool, &refused, &surprises);
            scope.spawn(move || {
                for turn in 0..checkouts / THREADS {
                    let user = format!("user {}", 2 * thread + turn % 2);
                    match one_checkout(pool, &user, thread, turn) {
                        Ok(Turn::Written) => {}
                        Ok(Turn::Refused) => {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(error) => {
                            eprintln!("thread {thread}, turn {turn}: {error}");
                            surprises.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });

    let audit = entry_audit::table;
    Ok(Figures {
        checkouts: checkouts / THREADS * THREADS,
        written: entry::table.count().get_result(&mut conn)?,
        refused: refused.into_inner(),
        rows: audit.count().get_result(&mut conn)?,
        wrong_user: audit
            .filter(entry_audit::audit_username.is_distinct_from(entry_audit::written_by))
            .count()
            .get_result(&mut conn)?,
        wrong_request: audit
            .filter(entry_audit::audit_request_id.is_distinct_from(entry_audit::request))
            .count()
            .get_result(&mut conn)?,
        surprises: surprises.into_inner(),
    })
}

enum Turn {
    Written,
    Refused,
}

fn one_checkout(
    pool: &AuditPool,
    user: &str,
    thread: usize,
    turn: usize,
) -> Result<Turn, AuditError> {
    let request = turn
        .is_multiple_of(3)
        .then(|| Uuid::from_u128((thread * 1_000_000 + turn) as u128));
    let context = AuditContext::new()
        .set("username", user)?
        .set_optional("request_id", request)?;
    match turn % 7 {
        // The context of the checkout.
        0..=2 => {
            let mut conn = pool.get_audited(&context)?;
            write(&mut conn, user, request)?;
            write(&mut conn, user, request)?;
        }
        // The context of a transaction, on a connection without one.
        3 => pool
            .get_unaudited("each transaction says who")?
            .audited(&context, |conn| write(conn, user, request))?,
        // Another's context for a while, within one's own.
        4 => {
            let mut conn = pool.get_audited(&context)?;
            conn.audited(&context, |conn| {
                let other = format!("{user}'s deputy");
                let deputy = AuditContext::new().set("username", &other)?;
                conn.audited(&deputy, |conn| write(conn, &other, None))?;
                write(conn, user, request)
            })?;
        }
        // A transaction that leaves nothing.
        5 => {
            let mut conn = pool.get_audited(&context)?;
            let undone = conn.audited(&context, |conn| {
                write(conn, user, request)?;
                Err::<(), AuditError>(diesel::result::Error::RollbackTransaction.into())
            });
            assert!(undone.is_err());
            write(&mut conn, user, request)?;
        }
        // Nobody's write.
        _ => {
            return match write(&mut *pool.get_unaudited("nobody said who")?, user, request) {
                Err(AuditError::SettingMissing(_)) => Ok(Turn::Refused),
                Err(other) => Err(other),
                Ok(()) => Err(diesel::result::Error::NotFound.into()),
            };
        }
    }
    Ok(Turn::Written)
}

fn write(conn: &mut PgConnection, user: &str, request: Option<Uuid>) -> Result<(), AuditError> {
    diesel::insert_into(entry::table)
        .values((entry::written_by.eq(user), entry::request.eq(request)))
        .execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[package.metadata.diesel-audit]` of this crate's Cargo.toml.
    #[test]
    fn the_conventions_of_the_crate_name_what_is_installed() {
        let table = Entry::audited_table().expect("a table");
        assert_eq!(table.audit.to_string(), r#""trail"."public_entry_log""#);
        assert_eq!(
            (&*table.function, &*table.trigger),
            ("log_entry", "00_log_entry")
        );
        let query = diesel::debug_query::<diesel::pg::Pg, _>(&entry_audit::table).to_string();
        assert!(
            query.starts_with(r#""trail"."public_entry_log""#),
            "{query}"
        );
    }
}
