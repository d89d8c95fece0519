//! The context of one checkout, on a pool of bb8.

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolError;

use crate::async_manager::{AsyncAuditManager, AsyncConnector};
use crate::checkout::{Checkout, Request};
use crate::local::Within;
use crate::{AuditCustomizer, AuditError, ToAuditContext};

/// A connection from an [`AuditPool`].
pub type PooledConnection<'p> = bb8::PooledConnection<'p, AsyncAuditManager>;

/// A pool of connections, each of which carries the context of the one who has
/// it now: `diesel_audit::AuditPool` for async code, on bb8.
///
/// The context is set by the statement that tests the connection at checkout,
/// and takes no round trip of its own. It holds until the connection is
/// returned, for every transaction and single statement on it;
/// [`audited`](crate::AsyncAuditConnection::audited) replaces it for one
/// transaction. A checkout whose future is dropped gives nobody a context: the
/// next one says what counts, and nothing of an earlier one does.
///
/// The context is a state of the server's session, which is right on direct
/// connections only: see [`AuditCustomizer::wrap_bb8`].
///
/// ```no_run
/// use diesel_audit::bb8::AuditPool;
/// use diesel_audit::{AuditContext, AuditError};
///
/// # async fn run() -> Result<(), AuditError> {
/// let pool = AuditPool::new("postgres://localhost/shop").await?;
/// let context = AuditContext::new().set("username", "alice")?;
/// let mut conn = pool.get_audited(&context).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AuditPool {
    pool: bb8::Pool<AsyncAuditManager>,
}

impl AuditPool {
    /// A pool of connections to this URL, with bb8's default settings.
    /// [`AuditCustomizer::wrap_bb8`] takes others.
    ///
    /// # Errors
    /// [`AuditError::Bb8`] when the first connections cannot be opened.
    pub async fn new(connector: impl Into<AsyncConnector>) -> Result<AuditPool, AuditError> {
        AuditCustomizer::new()
            .wrap_bb8(bb8::Pool::builder(), connector)
            .await
    }

    /// A connection whose changes are recorded with this context, until it is
    /// returned. Waits for the pool's timeout at most.
    ///
    /// # Errors
    /// [`AuditError::Bb8`] when there is no connection in time;
    /// [`AuditError::Indirect`] when a pooler is in between;
    /// [`AuditError::SettingRefused`] for a context that cannot be stored;
    /// [`AuditError::Database`] when the server refuses the context.
    pub async fn get_audited<C>(&self, context: &C) -> Result<PooledConnection<'_>, AuditError>
    where
        C: ToAuditContext + ?Sized,
    {
        self.check_out(Request::audited(context)?).await
    }

    /// A connection without a context, for reads, for maintenance, and for
    /// transactions that bring their own by
    /// [`audited`](crate::AsyncAuditConnection::audited). Nothing of an earlier
    /// checkout remains on it. Waits for the pool's timeout at most.
    ///
    /// A write is refused if its model requires a setting. Else it is recorded
    /// without a context, and with the reason if the model has a session
    /// setting `unaudited`; behind a pooler the reason is not sent.
    ///
    /// # Errors
    /// [`AuditError::Bb8`] when there is no connection in time;
    /// [`AuditError::Indirect`] when the pool has constants and a pooler is in
    /// between; [`AuditError::SettingRefused`] for a reason that cannot be
    /// stored, such as a blank one.
    pub async fn get_unaudited(&self, reason: &str) -> Result<PooledConnection<'_>, AuditError> {
        self.check_out(Request::unaudited(reason)?).await
    }

    /// How many connections there are, and how many of them are idle.
    pub fn state(&self) -> bb8::State {
        self.pool.state()
    }

    async fn check_out(&self, request: Request) -> Result<PooledConnection<'_>, AuditError> {
        let checkout = Checkout::new(request);
        let (conn, checkout) = Within::new(Checkout::SLOT, Some(checkout), self.pool.get()).await;
        Checkout::end(checkout, conn?)
    }
}

impl AuditCustomizer {
    /// Builds a pool of bb8 whose connections carry the constants and, from each
    /// checkout on, the context that the caller gave.
    ///
    /// The builder keeps its settings but one: connections are always tested on
    /// checkout, since that is when the context is set.
    ///
    /// Each connection proves when it is opened that it is direct, as in
    /// `AuditCustomizer::wrap`. Behind a pooler, give every transaction its
    /// context by [`audited`](crate::AsyncAuditConnection::audited).
    ///
    /// # Errors
    /// [`AuditError::Bb8`] when the first connections cannot be opened.
    pub async fn wrap_bb8(
        self,
        builder: bb8::Builder<AsyncAuditManager>,
        connector: impl Into<AsyncConnector>,
    ) -> Result<AuditPool, AuditError> {
        let manager = AsyncAuditManager::new(connector.into(), self);
        let pool = builder.test_on_check_out(true).build(manager).await;
        Ok(AuditPool {
            pool: pool.map_err(bb8::RunError::User)?,
        })
    }
}

/// Its test of a connection is the checkout of an [`AuditPool`].
impl bb8::ManageConnection for AsyncAuditManager {
    type Connection = AsyncPgConnection;
    type Error = PoolError;

    async fn connect(&self) -> Result<AsyncPgConnection, PoolError> {
        self.open().await
    }

    async fn is_valid(&self, conn: &mut AsyncPgConnection) -> Result<(), PoolError> {
        self.check_out(conn).await
    }

    fn has_broken(&self, conn: &mut AsyncPgConnection) -> bool {
        AsyncAuditManager::is_broken(conn)
    }
}
