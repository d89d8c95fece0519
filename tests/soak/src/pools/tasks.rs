//! bb8 and deadpool: a task for each user, and each turn a task of its own, so
//! that it may panic and be dropped.

use std::ops::DerefMut;
use std::panic::panic_any;
use std::time::Duration;

use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_audit::{
    Ambient, AsyncAuditConnection, AuditContext, AuditError, ToAuditContext, bb8, deadpool,
};
use uuid::Uuid;

use super::counts::{Counts, OnPurpose, Turn};
use super::meddling::{self, Then};
use super::threads::{KINDS, refused};
use super::{NewEntry, NewJob, USERS, entry, job, who};

pub(crate) async fn run<P: Pool>(pool: &P, counts: &Counts, checkouts: usize) {
    let users = (0..USERS).map(|user| async move {
        for turn in 0..checkouts / USERS {
            let began = counts.crashes();
            let task = tokio::spawn(one_turn(pool.clone(), user, turn));
            let abort = task.abort_handle();
            if turn % KINDS == 7 {
                // From at once to longer than it takes.
                let micros = (user * 7919 + turn * 104_729) % 40_000;
                tokio::time::sleep(Duration::from_micros(micros as u64)).await;
                abort.abort();
            }
            let done = match task.await {
                Ok(done) => done,
                Err(ended) if ended.is_cancelled() => Ok(Turn::Dropped),
                Err(_) => Ok(Turn::Panicked),
            };
            counts.count(began, done);
        }
    });
    futures_util::future::join_all(users).await;
}

/// What the pools have in common.
pub(crate) trait Pool: Clone + Send + Sync + 'static {
    type Connection<'p>: DerefMut<Target = AsyncPgConnection> + Send;

    fn audited<C: ToAuditContext + Sync>(
        &self,
        context: &C,
    ) -> impl Future<Output = Result<Self::Connection<'_>, AuditError>> + Send;

    fn unaudited(
        &self,
        reason: &str,
    ) -> impl Future<Output = Result<Self::Connection<'_>, AuditError>> + Send;
}

impl Pool for bb8::AuditPool {
    type Connection<'p> = bb8::PooledConnection<'p>;

    async fn audited<C: ToAuditContext + Sync>(
        &self,
        context: &C,
    ) -> Result<bb8::PooledConnection<'_>, AuditError> {
        self.get_audited(context).await
    }

    async fn unaudited(&self, reason: &str) -> Result<bb8::PooledConnection<'_>, AuditError> {
        self.get_unaudited(reason).await
    }
}

impl Pool for deadpool::AuditPool {
    type Connection<'p> = deadpool::PooledConnection;

    async fn audited<C: ToAuditContext + Sync>(
        &self,
        context: &C,
    ) -> Result<deadpool::PooledConnection, AuditError> {
        self.get_audited(context).await
    }

    async fn unaudited(&self, reason: &str) -> Result<deadpool::PooledConnection, AuditError> {
        self.get_unaudited(reason).await
    }
}

/// With and without a request, in both scopes, nested, rolled back, panicking,
/// by the ambient scope, and without any context.
async fn one_turn<P: Pool>(pool: P, user: usize, turn: usize) -> Result<Turn, AuditError> {
    let meddling = meddling::of(user, turn);
    let (user, request, context) = who(user, turn)?;
    match turn % KINDS {
        // The context of the checkout, given or ambient.
        0 | 7 => {
            let mut conn = pool.audited(&context).await?;
            write(&mut conn, &user, request).await?;
            write(&mut conn, &user, request).await?;
        }
        1 => {
            let turn = async {
                let mut conn = pool.audited(&Ambient).await?;
                write(&mut conn, &user, request).await
            };
            Ambient::scope_future(&context, turn)?.await?;
        }
        // The context of a transaction, on a connection without one.
        2 | 3 => {
            let mut conn = pool.unaudited("each transaction says who").await?;
            conn.audited(&context, async |conn| write(conn, &user, request).await)
                .await?;
        }
        // Another's context for a while, within one's own.
        4 => {
            let mut conn = pool.audited(&context).await?;
            let other = format!("{user}'s deputy");
            let deputy = AuditContext::new().set("username", &other)?;
            conn.audited(&context, async |conn| {
                conn.audited(&deputy, async |conn| write(conn, &other, None).await)
                    .await?;
                write(conn, &user, request).await
            })
            .await?;
        }
        // A transaction that leaves nothing.
        5 => {
            let mut conn = pool.audited(&context).await?;
            let undone = conn
                .audited(&context, async |conn| {
                    write(conn, &user, request).await?;
                    Err::<(), AuditError>(diesel::result::Error::RollbackTransaction.into())
                })
                .await;
            match undone {
                Err(AuditError::Database(diesel::result::Error::RollbackTransaction)) => {}
                Err(other) => return Err(other),
                Ok(()) => unreachable!("the closure gives an error"),
            }
            write(&mut conn, &user, request).await?;
        }
        // In a transaction, with the connection in hand.
        6 => {
            let mut conn = pool.audited(&context).await?;
            conn.audited(&context, async |conn| {
                write(conn, &user, request).await?;
                if !user.is_empty() {
                    panic_any(OnPurpose);
                }
                Ok::<(), AuditError>(())
            })
            .await?;
        }
        // A session that is not left as it was.
        8 | 9 => {
            let mut conn = pool.audited(&context).await?;
            write(&mut conn, &user, request).await?;
            write_job(&mut conn, Some(&user), request).await?;
            conn.batch_execute(meddling.sql).await?;
            match meddling.then {
                Then::Kept => write_job(&mut conn, Some(&user), request).await?,
                Then::Lost => {
                    refused(write(&mut conn, &user, request).await)?;
                    write_job(&mut conn, None, None).await?;
                }
                Then::Over => {}
            }
            return Ok(Turn::Meddled(meddling.kind));
        }
        // Nobody's write.
        _ => {
            let mut conn = pool.unaudited("nobody said who").await?;
            conn.batch_execute("SET audit.note = 'nobody''s'; SET audit.request_id = 'no uuid'")
                .await?;
            refused(write(&mut conn, &user, request).await)?;
            write_job(&mut conn, None, None).await?;
            return Ok(Turn::Refused);
        }
    }
    Ok(Turn::Written)
}

async fn write_job(
    conn: &mut AsyncPgConnection,
    user: Option<&str>,
    request: Option<Uuid>,
) -> Result<(), AuditError> {
    diesel::insert_into(job::table)
        .values(NewJob {
            written_by: user,
            request,
        })
        .execute(conn)
        .await?;
    Ok(())
}

async fn write(
    conn: &mut AsyncPgConnection,
    user: &str,
    request: Option<Uuid>,
) -> Result<(), AuditError> {
    diesel::insert_into(entry::table)
        .values(NewEntry {
            written_by: user,
            request,
        })
        .execute(conn)
        .await?;
    Ok(())
}
