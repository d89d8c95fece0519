//! The settings of a connection that every user of it shares.

use crate::AuditError;
use crate::context::{Kind, MAX_VALUE_BYTES, check_name, check_value, remember};
#[cfg(feature = "r2d2")]
use crate::pool::{AuditManager, AuditPool};

/// The constants of a pool's connections, such as the name of the service, and
/// the way to wrap a pool.
///
/// r2d2 calls a [`CustomizeConnection`](diesel::r2d2::CustomizeConnection) once for each *physical connection*,
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
    pub(crate) constants: Vec<(&'static str, String)>,
    pub(crate) behind_session_pooler: bool,
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
    /// As [`AuditContext::set`](crate::AuditContext::set) of a new context.
    pub fn constant(
        mut self,
        name: &'static str,
        value: impl ToString,
    ) -> Result<AuditCustomizer, AuditError> {
        let value = value.to_string();
        check_name(name)?;
        check_value(name, &value, MAX_VALUE_BYTES)?;
        remember(name, Kind::Constant);
        self.constants.retain(|&(other, _)| other != name);
        self.constants.push((name, value));
        Ok(self)
    }

    /// Builds a pool whose connections carry the constants and, from each
    /// checkout on, the context that the caller gave.
    ///
    /// The builder keeps its settings but one: connections are always tested on
    /// checkout, since that is when the context is set.
    ///
    /// Each connection proves when it is opened that it is direct, by a setting
    /// in its startup options that has to read back. On one which is not, a
    /// pooler may give the session to others between two statements, and the
    /// context with it; then every checkout with a context, or with a constant
    /// of this customizer, is refused.
    ///
    /// ```no_run
    /// use diesel::r2d2::Pool;
    /// use diesel_audit::{AuditContext, AuditCustomizer, AuditError};
    ///
    /// # fn main() -> Result<(), AuditError> {
    /// let pool = AuditCustomizer::new()
    ///     .constant("service", "checkout")?
    ///     .wrap(Pool::builder().max_size(16), "postgres://localhost/shop")?;
    /// let conn = pool.get_audited(&AuditContext::new().set("username", "alice")?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`AuditError::Pool`] when the first connections cannot be opened in
    /// time.
    #[cfg(feature = "r2d2")]
    pub fn wrap(
        self,
        builder: diesel::r2d2::Builder<AuditManager>,
        url: impl Into<String>,
    ) -> Result<AuditPool, AuditError> {
        AuditPool::build(builder, url.into(), self)
    }

    /// The customizer for connections through a pooler in *session* mode, which
    /// keeps a session for each client: the connections of
    /// [`wrap`](AuditCustomizer::wrap) need not prove to be direct. Nothing
    /// tells session mode from transaction mode, where others would write with
    /// the context of a checkout, so this is the caller's to know.
    ///
    /// <https://www.pgbouncer.org/features.html>
    pub fn behind_session_pooler(mut self) -> AuditCustomizer {
        self.behind_session_pooler = true;
        self
    }
}

/// Runs once for each physical connection; see [`AuditCustomizer`].
#[cfg(feature = "r2d2")]
impl diesel::r2d2::CustomizeConnection<diesel::PgConnection, diesel::r2d2::Error>
    for AuditCustomizer
{
    fn on_acquire(&self, conn: &mut diesel::PgConnection) -> Result<(), diesel::r2d2::Error> {
        use crate::session::{Sending, Session};

        let session = Session::new(self.clone(), false);
        if session.has_constants() {
            session.set(None, Sending::Once, conn)?;
        }
        Ok(())
    }
}
