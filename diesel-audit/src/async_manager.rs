//! The connections of the pools for async code.

use std::fmt;
use std::marker;
use std::pin::Pin;
use std::time::{Duration, Instant};

use diesel::ConnectionError;
use diesel::connection::CacheSize;
use diesel::pg::data_types::PgTimestamp;
use diesel::result::Error;
use diesel::sql_types::Bool;
use diesel::{ConnectionResult, QueryResult};
use diesel_async::pooled_connection::{PoolError, PoolableConnection};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_audit_sql::context::{PING, REFUSE_OPEN_TRANSACTION, prove};

use crate::async_scope::depth;
use crate::checkout::{Checkout, Request};
use crate::direct::{Address, is_refusal_of_the_option};
use crate::session::{Send, Sending, Session, SetSession};
use crate::statement::Statement;
use crate::{AuditContext, AuditCustomizer, AuditError};

type BoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + marker::Send + 'f>>;

/// How the connections of an async pool are opened: by
/// [`AsyncPgConnection::establish`], unless there is a
/// [`custom_setup`](AsyncConnector::custom_setup). A URL becomes one.
pub struct AsyncConnector {
    url: String,
    setup: Setup,
}

type Setup =
    Box<dyn Fn(&str) -> BoxFuture<'_, ConnectionResult<AsyncPgConnection>> + Sync + marker::Send>;

impl AsyncConnector {
    /// Connections to this URL.
    pub fn new(url: impl Into<String>) -> AsyncConnector {
        AsyncConnector {
            url: url.into(),
            setup: Box::new(|url| Box::pin(AsyncPgConnection::establish(url))),
        }
    }

    /// Opens each connection by this function: for TLS, as in diesel-async's
    /// `ManagerConfig::custom_setup`. It gets the URL, with one option more for
    /// the server, which proves that the connection is direct; use this URL.
    pub fn custom_setup<F>(mut self, setup: F) -> AsyncConnector
    where
        F: Fn(&str) -> BoxFuture<'_, ConnectionResult<AsyncPgConnection>>
            + marker::Send
            + Sync
            + 'static,
    {
        self.setup = Box::new(setup);
        self
    }
}

impl<S: Into<String>> From<S> for AsyncConnector {
    fn from(url: S) -> AsyncConnector {
        AsyncConnector::new(url)
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for AsyncConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsyncConnector { .. }")
    }
}

/// Opens the connections of an async pool, and sets the context of each
/// checkout, in place of the pool's own test of the connection.
pub struct AsyncAuditManager {
    address: Address,
    setup: Setup,
    session: Session,
}

/// Without the URL, which may hold a password.
impl fmt::Debug for AsyncAuditManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncAuditManager")
            .field("address", &self.address)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl AsyncAuditManager {
    pub(crate) fn new(connector: AsyncConnector, customizer: AuditCustomizer) -> AsyncAuditManager {
        AsyncAuditManager {
            address: Address::new(connector.url, customizer.behind_session_pooler),
            setup: connector.setup,
            session: Session::new(customizer, true),
        }
    }

    pub(crate) async fn open(&self) -> Result<AsyncPgConnection, PoolError> {
        let connect = |url| (self.setup)(url);
        let Some(challenge) = self.address.challenge(None) else {
            return connect(self.address.url())
                .await
                .map_err(PoolError::ConnectionError);
        };
        let mut conn = match connect(&challenge.url).await {
            Ok(mut conn) => {
                let proof = Statement::<Bool>::once(prove(&challenge.nonce));
                if proof
                    .get_result(&mut conn)
                    .await
                    .map_err(PoolError::QueryError)?
                {
                    return Ok(conn);
                }
                conn
            }
            Err(error) if is_refusal_of_the_option(&message(&error)) => connect(self.address.url())
                .await
                .map_err(PoolError::ConnectionError)?,
            Err(error) => return Err(PoolError::ConnectionError(error)),
        };
        self.address.remember_indirect();
        // Named statements are the session's, which may be another one next time.
        conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        Ok(conn)
    }

    /// Gives the connection to the checkout that is being made, if it works.
    ///
    /// An error makes the pool drop the connection and take another. So a server
    /// that answers, but refuses the context, is no error here: the pool's `get`
    /// returns it instead of the connection.
    pub(crate) async fn check_out(&self, conn: &mut AsyncPgConnection) -> Result<(), PoolError> {
        let request = Checkout::request();
        let result = if self.address.is_indirect() {
            self.check_out_indirect(conn, request).await
        } else {
            let context = request.map(|request| request.context);
            self.check_out_direct(conn, context.as_ref()).await
        };
        result.map_err(PoolError::QueryError)
    }

    /// Prepared statements that are gone, as after DISCARD ALL, are an error:
    /// Diesel keeps the names of all of them, so that none would work any more.
    async fn check_out_direct(
        &self,
        conn: &mut AsyncPgConnection,
        context: Option<&AuditContext>,
    ) -> QueryResult<()> {
        let error = match self.set(conn, context, Sending::Kept).await {
            Err(error @ Error::DatabaseError(..)) => error,
            result => return result,
        };
        match self.set(conn, context, Sending::Once).await {
            Ok(()) => Err(error),
            Err(refused @ Error::DatabaseError(..)) if ping(conn).await.is_ok() => {
                Checkout::refuse(refused)
            }
            Err(error) => Err(error),
        }
    }

    /// What the session has is not ours to change.
    async fn check_out_indirect(
        &self,
        conn: &mut AsyncPgConnection,
        request: Option<Request>,
    ) -> QueryResult<()> {
        ping(conn).await?;
        if self.session.has_constants() || request.is_some_and(|request| request.audited) {
            Checkout::refuse(AuditError::Indirect.into())?;
        }
        Ok(())
    }

    /// # Errors
    /// [`Error::AlreadyInTransaction`] when a transaction is open of which
    /// Diesel does not know: its rollback would bring back the settings of an
    /// earlier checkout.
    async fn set(
        &self,
        conn: &mut AsyncPgConnection,
        context: Option<&AuditContext>,
        sending: Sending,
    ) -> QueryResult<()> {
        let asked = Instant::now();
        let (transaction, statement) = self.session.set(context, sending, &mut *conn).await?;
        let round_trip = asked.elapsed();
        let microseconds = u64::try_from(statement.0.saturating_sub(transaction.0));
        let open_for = Duration::from_micros(microseconds.unwrap_or_default());
        // A transaction that this statement began is younger than its round
        // trip, and than what an older one has seen on the fastest network. A
        // test transaction is known to Diesel, and may stay in a pool.
        let is_own = open_for * 2 < round_trip && open_for < Duration::from_micros(50);
        if is_own || depth(conn)? > 0 {
            return Ok(());
        }
        match conn.batch_execute(REFUSE_OPEN_TRANSACTION).await {
            Ok(()) => Ok(()),
            Err(_) => Err(Error::AlreadyInTransaction),
        }
    }

    pub(crate) fn is_broken(conn: &mut AsyncPgConnection) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

async fn ping(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    conn.batch_execute(PING).await
}

/// What the server said: diesel-async tells it one error further in.
fn message(error: &ConnectionError) -> String {
    match error {
        ConnectionError::CouldntSetupConfiguration(Error::DatabaseError(_, information)) => {
            information.message().to_owned()
        }
        other => other.to_string(),
    }
}

/// When the transaction and when the statement began.
impl<'c> Send for &'c mut AsyncPgConnection {
    type Sent = BoxFuture<'c, QueryResult<(PgTimestamp, PgTimestamp)>>;

    fn send<const KNOWN: usize>(self, statement: SetSession<'_, KNOWN>) -> Self::Sent {
        Box::pin(statement.get_result(self))
    }
}
