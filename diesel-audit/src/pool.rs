//! The context of one checkout.

use std::cell::RefCell;
use std::time::Duration;

use diesel::PgConnection;
use diesel::r2d2::{Builder, ManageConnection, Pool, PooledConnection, R2D2Connection, State};
use diesel::result::Error;

use crate::direct::Connector;
use crate::session::Session;
use crate::{AuditContext, AuditCustomizer, AuditError, ToAuditContext};

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
            connector: Connector::new(url, customizer.behind_session_pooler),
            has_constants: !customizer.constants.is_empty(),
            session: Session::new(customizer),
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
        let context = context.to_audit_context()?;
        self.checkout(Some(context), || Ok(self.pool.get()?))
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
        let context = context.to_audit_context()?;
        self.checkout(Some(context), || Ok(self.pool.get_timeout(timeout)?))
    }

    /// As [`get_audited`](AuditPool::get_audited), but only if there is an idle
    /// connection now. `None` also when the server refuses the context, which
    /// `get_audited` tells.
    pub fn try_get_audited<C>(&self, context: &C) -> Option<PooledConnection<AuditManager>>
    where
        C: ToAuditContext + ?Sized,
    {
        let context = context.to_audit_context().ok()?;
        self.checkout(Some(context), || self.pool.try_get().ok_or(NoneIdle))
            .ok()
    }

    /// A connection without a context, for reads and for tables that require no
    /// setting. Nothing of an earlier checkout remains on it. Waits for the
    /// pool's timeout at most.
    ///
    /// # Errors
    /// [`AuditError::Pool`] when there is no connection in time;
    /// [`AuditError::Indirect`] when the pool has constants and a pooler is in
    /// between.
    pub fn get(&self) -> Result<PooledConnection<AuditManager>, AuditError> {
        self.checkout(None, || Ok(self.pool.get()?))
    }

    /// How many connections there are, and how many of them are idle.
    pub fn state(&self) -> State {
        self.pool.state()
    }

    /// How many connections there may be.
    pub fn max_size(&self) -> u32 {
        self.pool.max_size()
    }

    /// Runs `get`, which calls [`AuditManager::is_valid`] on this thread, and
    /// lets no connection through whose server refused the context.
    fn checkout<E: From<Error>>(
        &self,
        context: Option<AuditContext>,
        get: impl FnOnce() -> Result<PooledConnection<AuditManager>, E>,
    ) -> Result<PooledConnection<AuditManager>, E> {
        let checkout = Checkout::begin(context);
        let conn = get()?;
        match checkout.end() {
            Some(refused) => Err(refused.into()),
            None => Ok(conn),
        }
    }
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
    connector: Connector,
    has_constants: bool,
    session: Session,
}

impl ManageConnection for AuditManager {
    type Connection = PgConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<PgConnection, diesel::r2d2::Error> {
        self.connector.connect()
    }

    /// r2d2 calls it at every checkout, on the caller's thread. It sets the
    /// context which the pool's `get` has left there, and clears the settings
    /// of earlier checkouts.
    ///
    /// An error makes r2d2 drop the connection and open another, at once and
    /// for ever. So a server that answers, but refuses the context, is no error
    /// here: the pool's `get` returns it instead of the connection.
    fn is_valid(&self, conn: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        let context = Checkout::context();
        if self.connector.is_indirect() {
            // What the session has is not ours to change.
            conn.ping()?;
            if context.is_some() || self.has_constants {
                Checkout::refuse(AuditError::Indirect.into())?;
            }
            return Ok(());
        }
        match self.session.set(conn, context.as_ref()) {
            Ok(()) => Ok(()),
            Err(refused @ Error::DatabaseError(..)) if conn.ping().is_ok() => {
                Ok(Checkout::refuse(refused)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn has_broken(&self, conn: &mut PgConnection) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

thread_local! {
    /// The checkout that this thread is about to make: r2d2 passes nothing
    /// from `get` to `is_valid`.
    static CHECKOUT: RefCell<Option<Pending>> = const { RefCell::new(None) };
}

struct Pending {
    context: Option<AuditContext>,
    refused: Option<Error>,
}

/// Ends the pending checkout when it is dropped, and puts back the one around
/// it, which there is when a pool's event handler uses a pool.
struct Checkout {
    outer: Option<Pending>,
}

impl Checkout {
    fn begin(context: Option<AuditContext>) -> Checkout {
        let pending = Pending {
            context,
            refused: None,
        };
        Checkout {
            outer: CHECKOUT.replace(Some(pending)),
        }
    }

    /// A copy, so that no borrow of the cell lasts during a statement, where an
    /// instrumentation of Diesel may run and use a pool itself.
    fn context() -> Option<AuditContext> {
        CHECKOUT.with_borrow(|pending| pending.as_ref()?.context.clone())
    }

    /// Gives the error back when there is no checkout to tell it.
    fn refuse(error: Error) -> Result<(), Error> {
        CHECKOUT.with_borrow_mut(|pending| match pending {
            Some(pending) => {
                pending.refused = Some(error);
                Ok(())
            }
            None => Err(error),
        })
    }

    fn end(self) -> Option<Error> {
        CHECKOUT.with_borrow_mut(|pending| pending.as_mut()?.refused.take())
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        CHECKOUT.set(self.outer.take());
    }
}
