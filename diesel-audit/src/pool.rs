//! The context of one checkout.

use std::time::Duration;

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::prelude::*;
use diesel::r2d2::{Builder, ManageConnection, Pool, PooledConnection, R2D2Connection, State};
use diesel::result::Error;
use diesel::sql_types::Bool;
use diesel_audit_sql::context::{PING, prove};

use crate::checkout::{Checkout, Request};
use crate::direct::{Address, is_refusal_of_the_option};
use crate::local::Entered;
use crate::session::{Sending, Session};
use crate::statement::Statement;
use crate::{AuditCustomizer, AuditError, ToAuditContext};

/// A pool of connections, each of which carries the context of the one who has
/// it now.
///
/// The context is set by the statement that tests the connection at checkout,
/// and takes no round trip of its own. It holds until the connection is
/// returned, for every transaction and single statement on it;
/// [`audited`](crate::AuditConnection::audited) replaces it for one
/// transaction.
///
/// The context is a state of the server's session. This is right on direct
/// connections only: a pooler in transaction mode, such as PgBouncer's, gives
/// the session to others meanwhile, and the context with it. Behind one, give
/// every transaction its context by `audited`.
///
/// ```no_run
/// use diesel_audit::{AuditContext, AuditError, AuditPool};
///
/// # fn main() -> Result<(), AuditError> {
/// let pool = AuditPool::new("postgres://localhost/shop")?;
/// let context = AuditContext::new().set("username", "alice")?;
/// let mut conn = pool.get_audited(&context)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AuditPool {
    pool: Pool<AuditManager>,
}

impl AuditPool {
    /// A pool of connections to this URL, with r2d2's default settings.
    /// [`AuditCustomizer::wrap`] takes others.
    ///
    /// # Errors
    /// [`AuditError::Pool`] when the first connections cannot be opened in
    /// time.
    pub fn new(url: impl Into<String>) -> Result<AuditPool, AuditError> {
        AuditCustomizer::new().wrap(Pool::builder(), url)
    }

    pub(crate) fn build(
        builder: Builder<AuditManager>,
        url: String,
        customizer: AuditCustomizer,
    ) -> Result<AuditPool, AuditError> {
        let manager = AuditManager {
            address: Address::new(url, customizer.behind_session_pooler),
            session: Session::new(customizer, false),
        };
        let pool = builder.test_on_check_out(true).build(manager)?;
        Ok(AuditPool { pool })
    }

    /// A connection whose changes are recorded with this context, until it is
    /// returned. Waits for the pool's timeout at most.
    ///
    /// # Errors
    /// [`AuditError::Pool`] when there is no connection in time;
    /// [`AuditError::Indirect`] when a pooler is in between;
    /// [`AuditError::SettingRefused`] for a context that cannot be stored;
    /// [`AuditError::Database`] when the server refuses the context.
    pub fn get_audited<C>(&self, context: &C) -> Result<PooledConnection<AuditManager>, AuditError>
    where
        C: ToAuditContext + ?Sized,
    {
        check_out(Request::audited(context)?, || Ok(self.pool.get()?))
    }

    /// As [`get_audited`](AuditPool::get_audited), and waits for this long at
    /// most.
    ///
    /// # Errors
    /// As [`get_audited`](AuditPool::get_audited).
    pub fn get_audited_timeout<C>(
        &self,
        context: &C,
        timeout: Duration,
    ) -> Result<PooledConnection<AuditManager>, AuditError>
    where
        C: ToAuditContext + ?Sized,
    {
        check_out(Request::audited(context)?, || {
            Ok(self.pool.get_timeout(timeout)?)
        })
    }

    /// As [`get_audited`](AuditPool::get_audited), but only if there is an idle
    /// connection now. `None` also when the server refuses the context, which
    /// `get_audited` tells.
    pub fn try_get_audited<C>(&self, context: &C) -> Option<PooledConnection<AuditManager>>
    where
        C: ToAuditContext + ?Sized,
    {
        let request = Request::audited(context).ok()?;
        check_out(request, || self.pool.try_get().ok_or(NoneIdle)).ok()
    }

    /// A connection without a context, for reads, for maintenance, and for
    /// transactions that bring their own by
    /// [`audited`](crate::AuditConnection::audited). Nothing of an earlier
    /// checkout remains on it. Waits for the pool's timeout at most.
    ///
    /// A write is refused if its model requires a setting. Else it is recorded
    /// without a context, and with the reason if the model has a session
    /// setting `unaudited`; behind a pooler the reason is not sent.
    ///
    /// # Errors
    /// [`AuditError::Pool`] when there is no connection in time;
    /// [`AuditError::Indirect`] when the pool has constants and a pooler is in
    /// between; [`AuditError::SettingRefused`] for a reason that cannot be
    /// stored, such as a blank one.
    pub fn get_unaudited(
        &self,
        reason: &str,
    ) -> Result<PooledConnection<AuditManager>, AuditError> {
        check_out(Request::unaudited(reason)?, || Ok(self.pool.get()?))
    }

    /// How many connections there are, and how many of them are idle.
    pub fn state(&self) -> State {
        self.pool.state()
    }

    /// How many connections there may be.
    pub fn max_size(&self) -> u32 {
        self.pool.max_size()
    }
}

/// Runs a pool's `get`, which calls [`AuditManager::is_valid`] on this thread.
fn check_out<T, E: From<Error>>(
    request: Request,
    get: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let checkout = Entered::enter(Checkout::SLOT, Some(Checkout::new(request)));
    let got = get()?;
    Checkout::end(checkout.leave(), got)
}

/// Why [`AuditPool::try_get_audited`] has nothing: its callers do not ask.
struct NoneIdle;

impl From<Error> for NoneIdle {
    fn from(_: Error) -> NoneIdle {
        NoneIdle
    }
}

/// Opens the connections of an [`AuditPool`], and sets the context of each
/// checkout. [`AuditCustomizer::wrap`] makes it.
#[derive(Debug)]
pub struct AuditManager {
    address: Address,
    session: Session,
}

impl ManageConnection for AuditManager {
    type Connection = PgConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<PgConnection, diesel::r2d2::Error> {
        use diesel::r2d2::Error;

        let connect = |url: &str| PgConnection::establish(url).map_err(Error::ConnectionError);
        let environment = std::env::var("PGOPTIONS").ok();
        let Some(challenge) = self.address.challenge(environment.as_deref()) else {
            return connect(self.address.url());
        };
        let mut conn = match connect(&challenge.url) {
            Ok(mut conn) => {
                let proof = Statement::<Bool>::once(prove(&challenge.nonce));
                if proof.get_result(&mut conn).map_err(Error::QueryError)? {
                    return Ok(conn);
                }
                conn
            }
            Err(Error::ConnectionError(ConnectionError::BadConnection(message)))
                if is_refusal_of_the_option(&message) =>
            {
                connect(self.address.url())?
            }
            Err(error) => return Err(error),
        };
        self.address.remember_indirect();
        // Named statements are the session's, which may be another one next time.
        conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        Ok(conn)
    }

    /// r2d2 calls it at every checkout, on the caller's thread. It sets the
    /// context which the pool's `get` has left there, in place of what earlier
    /// checkouts have set.
    ///
    /// An error makes r2d2 drop the connection and open another, at once and
    /// for ever. So a server that answers, but refuses the context, is no error
    /// here: the pool's `get` returns it instead of the connection. Prepared
    /// statements that are gone, as after DISCARD ALL, are an error: Diesel keeps
    /// the names of all of them, so that none would work any more.
    fn is_valid(&self, conn: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        let request = Checkout::request();
        if self.address.is_indirect() {
            // What the session has is not ours to change.
            conn.ping()?;
            if self.session.has_constants() || request.is_some_and(|request| request.audited) {
                Checkout::refuse(AuditError::Indirect.into())?;
            }
            return Ok(());
        }
        let context = request.map(|request| request.context);
        let mut set = |sending| self.session.set(context.as_ref(), sending, &mut *conn);
        let Err(error) = set(Sending::Kept) else {
            return Ok(());
        };
        if !matches!(error, Error::DatabaseError(..)) {
            return Err(error.into());
        }
        match set(Sending::Once) {
            Ok(()) => Err(error.into()),
            Err(refused @ Error::DatabaseError(..)) if conn.batch_execute(PING).is_ok() => {
                Ok(Checkout::refuse(refused)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn has_broken(&self, conn: &mut PgConnection) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}
