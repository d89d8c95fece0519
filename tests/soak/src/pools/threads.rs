//! r2d2: each thread takes turns for several users.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditContext, AuditError, AuditPool};
use uuid::Uuid;

use super::counts::{Counts, OnPurpose, Turn};
use super::meddling::{self, Then};
use super::{NewEntry, NewJob, USERS, entry, job, who};

const THREADS: usize = 8;
/// How many kinds of turns there are.
pub(super) const KINDS: usize = 11;

pub(crate) fn run(pool: &AuditPool, counts: &Counts, checkouts: usize) {
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for turn in 0..checkouts / THREADS {
                    let user = (thread + turn * THREADS) % USERS;
                    let began = counts.crashes();
                    let done = catch_unwind(AssertUnwindSafe(|| one_turn(pool, user, turn)));
                    counts.count(began, done.unwrap_or(Ok(Turn::Panicked)));
                }
            });
        }
    });
}

/// With and without a request, in both scopes, nested, rolled back, panicking,
/// and without any context.
fn one_turn(pool: &AuditPool, user: usize, turn: usize) -> Result<Turn, AuditError> {
    let meddling = meddling::of(user, turn);
    let (user, request, context) = who(user, turn)?;
    match turn % KINDS {
        // The context of the checkout.
        0..=2 => {
            let mut conn = pool.get_audited(&context)?;
            write(&mut conn, &user, request)?;
            write(&mut conn, &user, request)?;
        }
        // The context of a transaction, on a connection without one.
        3 => pool
            .get_unaudited("each transaction says who")?
            .audited(&context, |conn| write(conn, &user, request))?,
        // Another's context for a while, within one's own.
        4 => {
            let mut conn = pool.get_audited(&context)?;
            conn.audited(&context, |conn| {
                let other = format!("{user}'s deputy");
                let deputy = AuditContext::new().set("username", &other)?;
                conn.audited(&deputy, |conn| write(conn, &other, None))?;
                write(conn, &user, request)
            })?;
        }
        // A transaction that leaves nothing.
        5 => {
            let mut conn = pool.get_audited(&context)?;
            let undone = conn.audited(&context, |conn| {
                write(conn, &user, request)?;
                Err::<(), AuditError>(diesel::result::Error::RollbackTransaction.into())
            });
            match undone {
                Err(AuditError::Database(diesel::result::Error::RollbackTransaction)) => {}
                Err(other) => return Err(other),
                Ok(()) => unreachable!("the closure gives an error"),
            }
            write(&mut conn, &user, request)?;
        }
        // In a transaction, and with the connection in hand.
        6 => {
            let mut conn = pool.get_audited(&context)?;
            conn.audited(&context, |conn| {
                write(conn, &user, request)?;
                panic_any(OnPurpose);
                #[allow(unreachable_code)]
                Ok::<(), AuditError>(())
            })?;
        }
        7 => {
            let mut conn = pool.get_audited(&context)?;
            write(&mut conn, &user, request)?;
            panic_any(OnPurpose);
        }
        // A session that is not left as it was.
        8 | 9 => {
            let mut conn = pool.get_audited(&context)?;
            write(&mut conn, &user, request)?;
            write_job(&mut conn, Some(&user), request)?;
            conn.batch_execute(meddling.sql)?;
            match meddling.then {
                Then::Kept => write_job(&mut conn, Some(&user), request)?,
                Then::Lost => {
                    refused(write(&mut conn, &user, request))?;
                    write_job(&mut conn, None, None)?;
                }
                Then::Over => {}
            }
            return Ok(Turn::Meddled(meddling.kind));
        }
        // Nobody's write.
        _ => {
            let mut conn = pool.get_unaudited("nobody said who")?;
            conn.batch_execute("SET audit.note = 'nobody''s'; SET audit.request_id = 'no uuid'")?;
            refused(write(&mut conn, &user, request))?;
            write_job(&mut conn, None, None)?;
            return Ok(Turn::Refused);
        }
    }
    Ok(Turn::Written)
}

/// A required setting has no value, or one that nobody vouches for.
pub(crate) fn refused(written: Result<(), AuditError>) -> Result<(), AuditError> {
    match written {
        Err(AuditError::SettingMissing(_) | AuditError::ContextStale(_)) => Ok(()),
        Err(other) => Err(other),
        Ok(()) => Err(diesel::result::Error::NotFound.into()),
    }
}

fn write_job(
    conn: &mut PgConnection,
    user: Option<&str>,
    request: Option<Uuid>,
) -> Result<(), AuditError> {
    diesel::insert_into(job::table)
        .values(NewJob {
            written_by: user,
            request,
        })
        .execute(conn)?;
    Ok(())
}

fn write(conn: &mut PgConnection, user: &str, request: Option<Uuid>) -> Result<(), AuditError> {
    diesel::insert_into(entry::table)
        .values(NewEntry {
            written_by: user,
            request,
        })
        .execute(conn)?;
    Ok(())
}
