//! The context of one checkout, on a pool of deadpool.

use std::fmt;

use deadpool::Runtime;
use deadpool::managed::{BuildError, Manager, Metrics, Object, PoolBuilder, RecycleResult, Status};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolError;

use crate::async_manager::{AsyncAuditManager, AsyncConnector};
use crate::checkout::{Checkout, Request};
use crate::local::Within;
use crate::{AuditCustomizer, AuditError, ToAuditContext};

/// A connection from an [`AuditPool`].
pub type PooledConnection = Object<AsyncAuditManager>;

/// A pool of connections, each of which carries the context of the one who has
/// it now: `diesel_audit::AuditPool` for async code, on deadpool.
///
/// The context is set by the statement that tests the connection at checkout,
/// also of a connection that was opened for it. It holds until the connection
/// is returned, for every transaction and single statement on it;
/// [`audited`](crate::AsyncAuditConnection::audited) replaces it for one
/// transaction. A checkout whose future is dropped gives nobody a context: the
/// next one says what counts, and nothing of an earlier one does.
///
/// The context is a state of the server's session, which is right on direct
/// connections only: see [`AuditCustomizer::wrap_deadpool`].
///
/// ```no_run
/// use diesel_audit::deadpool::AuditPool;
/// use diesel_audit::{AuditContext, AuditError};
///
/// # async fn run() -> Result<(), AuditError> {
/// let pool = AuditPool::new("postgres://localhost/shop")?;
/// let context = AuditContext::new().set("username", "alice")?;
/// let mut conn = pool.get_audited(&context).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AuditPool {
    pool: deadpool::managed::Pool<AsyncAuditManager>,
}

impl fmt::Debug for AuditPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditPool")
            .field("manager", self.pool.manager())
            .field("status", &self.pool.status())
            .finish()
    }
}

impl AuditPool {
    /// A pool of connections to this URL, with deadpool's default settings.
    /// [`AuditCustomizer::wrap_deadpool`] takes others. No connection is opened
    /// yet.
    ///
    /// # Errors
    /// [`AuditError::Deadpool`] when the pool cannot be built.
    pub fn new(connector: impl Into<AsyncConnector>) -> Result<AuditPool, AuditError> {
        AuditCustomizer::new().wrap_deadpool(connector, |builder| builder)
    }

    /// A connection whose changes are recorded with this context, until it is
    /// returned. Waits for the pool's timeouts at most.
    ///
    /// # Errors
    /// [`AuditError::Deadpool`] when there is no connection in time;
    /// [`AuditError::Indirect`] when a pooler is in between;
    /// [`AuditError::SettingRefused`] for a context that cannot be stored;
    /// [`AuditError::Database`] when the server refuses the context.
    pub async fn get_audited<C>(&self, context: &C) -> Result<PooledConnection, AuditError>
    where
        C: ToAuditContext + ?Sized,
    {
        self.check_out(Request::audited(context)?).await
    }

    /// A connection without a context, for reads, for maintenance, and for
    /// transactions that bring their own by
    /// [`audited`](crate::AsyncAuditConnection::audited). Nothing of an earlier
    /// checkout remains on it. Waits for the pool's timeouts at most.
    ///
    /// A write is refused if its model requires a setting. Else it is recorded
    /// without a context, and with the reason if the model has a session
    /// setting `unaudited`; behind a pooler the reason is not sent.
    ///
    /// # Errors
    /// [`AuditError::Deadpool`] when there is no connection in time;
    /// [`AuditError::Indirect`] when the pool has constants and a pooler is in
    /// between; [`AuditError::SettingRefused`] for a reason that cannot be
    /// stored, such as a blank one.
    pub async fn get_unaudited(&self, reason: &str) -> Result<PooledConnection, AuditError> {
        self.check_out(Request::unaudited(reason)?).await
    }

    /// How many connections there are and may be, how many of them are idle,
    /// and how many callers wait for one.
    pub fn status(&self) -> Status {
        self.pool.status()
    }

    async fn check_out(&self, request: Request) -> Result<PooledConnection, AuditError> {
        let checkout = Checkout::new(request);
        let (conn, checkout) = Within::new(Checkout::SLOT, Some(checkout), self.pool.get()).await;
        Checkout::end(checkout, conn?)
    }
}

impl AuditCustomizer {
    /// Builds a pool of deadpool whose connections carry the constants and, from
    /// each checkout on, the context that the caller gave. The function takes
    /// deadpool's builder, for the size of the pool, its timeouts and its hooks.
    ///
    /// Each connection proves when it is opened that it is direct, as in
    /// `AuditCustomizer::wrap`. Behind a pooler, give every transaction its
    /// context by [`audited`](crate::AsyncAuditConnection::audited).
    ///
    /// ```
    /// use diesel_audit::{AuditCustomizer, AuditError};
    ///
    /// # fn main() -> Result<(), AuditError> {
    /// let pool = AuditCustomizer::new()
    ///     .constant("service", "checkout")?
    ///     .wrap_deadpool("postgres://localhost/shop", |pool| pool.max_size(16))?;
    /// assert_eq!(pool.status().max_size, 16);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`AuditError::Deadpool`] when the pool cannot be built.
    pub fn wrap_deadpool(
        self,
        connector: impl Into<AsyncConnector>,
        build: impl FnOnce(PoolBuilder<AsyncAuditManager>) -> PoolBuilder<AsyncAuditManager>,
    ) -> Result<AuditPool, AuditError> {
        let manager = AsyncAuditManager::new(connector.into(), self);
        // Timeouts need a runtime, and diesel-async's is tokio.
        let builder = deadpool::managed::Pool::builder(manager).runtime(Runtime::Tokio1);
        match build(builder).build() {
            Ok(pool) => Ok(AuditPool { pool }),
            Err(BuildError::NoRuntimeSpecified) => {
                Err(deadpool::managed::PoolError::NoRuntimeSpecified.into())
            }
        }
    }
}

/// Its tests of a connection are the checkout of an [`AuditPool`].
impl Manager for AsyncAuditManager {
    type Type = AsyncPgConnection;
    type Error = PoolError;

    /// deadpool gives a connection that it has just opened to the one who
    /// waits, and does not recycle it before.
    async fn create(&self) -> Result<AsyncPgConnection, PoolError> {
        let mut conn = self.open().await?;
        self.check_out(&mut conn).await?;
        Ok(conn)
    }

    async fn recycle(&self, conn: &mut AsyncPgConnection, _: &Metrics) -> RecycleResult<PoolError> {
        if AsyncAuditManager::is_broken(conn) {
            return Err(deadpool::managed::RecycleError::message(
                "the connection is broken",
            ));
        }
        self.check_out(conn).await?;
        Ok(())
    }
}
