//! The settings of a connection that every user of it shares.

use diesel::connection::{
    AnsiTransactionManager, TransactionDepthChange, TransactionManager, TransactionManagerStatus,
};
use diesel::r2d2::{Builder, ConnectionManager, CustomizeConnection};
use diesel::result::Error;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryResult, RunQueryDsl};
use diesel_audit_model::sql::context::{self as sql, Value};

use crate::context::{Kind, check_name, check_value, known, remember};
use crate::pool::{AuditManager, AuditPool};
use crate::scope::depth;
use crate::statement::Statement;
use crate::{AuditContext, AuditError};

/// The constants of a pool's connections, such as the name of the service, and
/// the way to wrap a pool.
///
/// r2d2 calls a [`CustomizeConnection`] once for each *physical connection*,
/// when it is opened, on a thread of the pool's own: it cannot know for whom
/// the connection will be used. So, as the customizer of a plain pool of
/// Diesel, it gives settings that are the same for all users of the
/// connection, and the user must come by
/// [`audited`](crate::AuditConnection::audited):
///
/// ```no_run
/// use diesel::PgConnection;
/// use diesel::r2d2::{ConnectionManager, Pool};
/// use diesel_audit::AuditCustomizer;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let customizer = AuditCustomizer::new().constant("service", "checkout")?;
/// let pool = Pool::builder()
///     .connection_customizer(Box::new(customizer))
///     .build(ConnectionManager::<PgConnection>::new("postgres://localhost/shop"))?;
/// # Ok(())
/// # }
/// ```
///
/// [`wrap`](AuditCustomizer::wrap) makes an [`AuditPool`], which gives a
/// context at each checkout, too.
#[derive(Debug, Clone, Default)]
pub struct AuditCustomizer {
    constants: Vec<(&'static str, String)>,
}

impl AuditCustomizer {
    /// A customizer without constants.
    pub fn new() -> AuditCustomizer {
        AuditCustomizer::default()
    }

    /// The customizer with this setting, in place of an earlier one of the
    /// name. A context that has a setting of the same name wins in its scope.
    ///
    /// # Errors
    /// As [`AuditContext::set`].
    pub fn constant(
        mut self,
        name: &'static str,
        value: impl ToString,
    ) -> Result<AuditCustomizer, AuditError> {
        let value = value.to_string();
        check_name(name)?;
        check_value(name, &value)?;
        remember(name, Kind::Constant);
        self.constants.retain(|&(other, _)| other != name);
        self.constants.push((name, value));
        Ok(self)
    }

    /// Builds a pool whose connections carry the constants and, from each
    /// checkout on, the context that the caller gave.
    ///
    /// The builder keeps its settings but two: this becomes the pool's
    /// customizer, and connections are always tested on checkout, since that
    /// is when the context is set.
    ///
    /// ```no_run
    /// use diesel::r2d2::{ConnectionManager, Pool};
    /// use diesel_audit::{AuditContext, AuditCustomizer, AuditError};
    ///
    /// # fn main() -> Result<(), AuditError> {
    /// let pool = AuditCustomizer::new().constant("service", "checkout")?.wrap(
    ///     Pool::builder().max_size(16),
    ///     ConnectionManager::new("postgres://localhost/shop"),
    /// )?;
    /// let conn = pool.get_audited(&AuditContext::new().set("username", "alice")?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`AuditError::Pool`] when the first connections cannot be opened in
    /// time.
    pub fn wrap(
        self,
        builder: Builder<AuditManager>,
        manager: ConnectionManager<PgConnection>,
    ) -> Result<AuditPool, AuditError> {
        AuditPool::build(builder, manager, self)
    }

    /// Gives the session its settings, in place of all that it had: the
    /// context's, else the constant, else none. They are marked as this
    /// checkout's unless there is neither a context nor a constant.
    ///
    /// # Errors
    /// [`Error::AlreadyInTransaction`] when a transaction is open of which
    /// Diesel does not know: its rollback would bring back the settings of an
    /// earlier checkout.
    pub(crate) fn set_session(
        &self,
        conn: &mut PgConnection,
        context: Option<&AuditContext>,
    ) -> QueryResult<()> {
        let kept: Vec<(String, &str)> = self
            .constants
            .iter()
            .map(|(name, value)| (sql::constant(name), &**value))
            .collect();
        let known = known();
        let settings: Vec<(&str, Value<'_>)> = known
            .iter()
            .map(|&(name, _)| (name, self.value(name, context)))
            .chain(kept.iter().map(|(name, value)| (&**name, *value)))
            .map(|(name, value)| (name, Value::Text(value)))
            .collect();
        let marked = context.is_some() || !self.constants.is_empty();
        let pieces = sql::set_in_session(&settings, marked);
        execute_alone(conn, Statement::new(pieces))
    }

    fn value<'a>(&'a self, name: &str, context: Option<&'a AuditContext>) -> &'a str {
        let constant = || self.constants.iter().find(|&&(other, _)| other == name);
        context
            .and_then(|context| context.get(name))
            .or_else(|| constant().map(|(_, value)| &**value))
            .unwrap_or_default()
    }
}

/// Runs a statement outside of any transaction, or in one that Diesel knows of:
/// a test transaction, which may stay in a pool.
///
/// Diesel does not notice a BEGIN that was sent as text. But after each
/// statement it asks libpq, and forgets a transaction that the server has not;
/// so it is made to believe in one.
fn execute_alone(conn: &mut PgConnection, statement: Statement<'_, Text>) -> QueryResult<()> {
    if depth(conn)? > 0 {
        statement.execute(conn)?;
        return Ok(());
    }
    change_depth(conn, TransactionDepthChange::IncreaseDepth)?;
    let result = statement.execute(conn);
    let is_alone = depth(conn).map(|depth| depth == 0);
    if let Ok(false) = is_alone {
        change_depth(conn, TransactionDepthChange::DecreaseDepth)?;
    }
    result?;
    if is_alone? {
        Ok(())
    } else {
        Err(Error::AlreadyInTransaction)
    }
}

fn change_depth(conn: &mut PgConnection, change: TransactionDepthChange) -> QueryResult<()> {
    match AnsiTransactionManager::transaction_manager_status_mut(conn) {
        TransactionManagerStatus::Valid(status) => status.change_transaction_depth(change),
        TransactionManagerStatus::InError => Err(Error::BrokenTransactionManager),
    }
}

/// Runs once for each physical connection; see [`AuditCustomizer`].
impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for AuditCustomizer {
    fn on_acquire(&self, conn: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        Ok(self.set_session(conn, None)?)
    }
}
