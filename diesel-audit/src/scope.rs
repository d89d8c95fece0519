//! The context of one transaction.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::Pg;
use diesel::result::Error;
use diesel::sql_types;
use diesel::{Connection, PgConnection, QueryResult, RunQueryDsl};
use diesel_audit_sql::context::{self as sql, Value};

use crate::settings::{Outer, settings};
use crate::statement::Statement;
use crate::{AuditContext, AuditError, ToAuditContext};

/// Changes of audited tables with a context, on a [`PgConnection`] and on
/// everything that dereferences to one, such as a connection from a pool.
///
/// This scope is right behind every kind of pooler, because it does not outlive
/// its transaction.
pub trait AuditConnection: Connection<Backend = Pg> {
    /// Runs the closure in a transaction whose changes are recorded with this
    /// context; commits when it returns `Ok`, and rolls back when it returns
    /// `Err` or panics. A panic goes on, and leaves the connection usable.
    ///
    /// It is [`Connection::transaction`] with a context. The context travels
    /// with the BEGIN, and costs no round trip of its own. Inside an open
    /// transaction it is a savepoint, and when it ends, in whichever way, the
    /// context which was there before is back.
    ///
    /// The context is set by a query, so an isolation level must be given
    /// before: by `conn.build_transaction().serializable().run(|conn|
    /// conn.audited(..))`.
    ///
    /// # Errors
    /// What the closure returns, what [`Connection::transaction`] returns when
    /// the transaction cannot be begun, committed or rolled back, and, as
    /// Diesel's error that [`AuditError::from`] understands,
    /// [`AuditError::SettingRefused`] for a context that cannot be stored.
    ///
    /// ```no_run
    /// use diesel::prelude::*;
    /// use diesel_audit::{AuditConnection, AuditContext, AuditError};
    ///
    /// diesel::table! {
    ///     users (id) { id -> BigInt, email -> Text }
    /// }
    ///
    /// fn rename(conn: &mut PgConnection, user: &str) -> Result<(), AuditError> {
    ///     let context = AuditContext::new().set("username", user)?;
    ///     conn.audited(&context, |conn| {
    ///         diesel::update(users::table.find(7))
    ///             .set(users::email.eq("ann@example.com"))
    ///             .execute(conn)?;
    ///         Ok(())
    ///     })
    /// }
    /// ```
    fn audited<C, T, E, F>(&mut self, context: &C, f: F) -> Result<T, E>
    where
        C: ToAuditContext + ?Sized,
        F: FnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<Error>;

    /// Gives the context to the rest of the open transaction, in place of the
    /// one that it had. It ends with the transaction, or with the
    /// [`audited`](AuditConnection::audited) scope around it; a rollback to a
    /// savepoint from before takes it back, too.
    ///
    /// # Errors
    /// [`AuditError::NotInTransaction`] when Diesel knows of no open
    /// transaction: the context would be gone before the next statement;
    /// [`AuditError::SettingRefused`] for a context that cannot be stored.
    fn set_audit_context<C>(&mut self, context: &C) -> Result<(), AuditError>
    where
        C: ToAuditContext + ?Sized;
}

impl AuditConnection for PgConnection {
    fn audited<C, T, E, F>(&mut self, context: &C, f: F) -> Result<T, E>
    where
        C: ToAuditContext + ?Sized,
        F: FnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<Error>,
    {
        let context = context.to_audit_context().map_err(Error::from)?;
        let scope = Scope::enter(self, &context)?;
        match f(scope.conn) {
            Ok(value) => {
                scope.leave()?;
                Ok(value)
            }
            Err(user_error) => match scope.abandon() {
                // The closure's error has very likely caused the other.
                Ok(()) | Err(Error::BrokenTransactionManager) => Err(user_error),
                Err(rollback_error) => Err(rollback_error.into()),
            },
        }
    }

    fn set_audit_context<C>(&mut self, context: &C) -> Result<(), AuditError>
    where
        C: ToAuditContext + ?Sized,
    {
        let context = context.to_audit_context()?;
        if depth(self)? == 0 {
            return Err(AuditError::NotInTransaction);
        }
        let pieces = sql::set_in_transaction(&settings(&context));
        Statement::<sql_types::Text>::new(pieces).execute(self)?;
        Ok(())
    }
}

/// How many transactions and savepoints Diesel has open.
///
/// # Errors
/// [`Error::BrokenTransactionManager`] when it has lost count.
pub(crate) fn depth(conn: &mut PgConnection) -> QueryResult<u32> {
    let status = AnsiTransactionManager::transaction_manager_status_mut(conn);
    Ok(status.transaction_depth()?.map_or(0, u32::from))
}

/// A transaction or savepoint that is open. Unless it is left or abandoned, it
/// is rolled back when it is dropped, which is what a panic does.
struct Scope<'c> {
    conn: &'c mut PgConnection,
    /// Nothing at the outermost level: there, the end of the transaction
    /// brings back the session's settings by itself.
    outer: Option<Outer>,
    depth_outside: u32,
    open: bool,
}

impl<'c> Scope<'c> {
    fn enter(conn: &'c mut PgConnection, context: &AuditContext) -> QueryResult<Scope<'c>> {
        let settings = settings(context);
        let depth_outside = depth(conn)?;
        if depth_outside == 0 {
            begin(conn, &settings)?;
        } else {
            AnsiTransactionManager::begin_transaction(conn)?;
        }
        let mut scope = Scope {
            conn,
            outer: None,
            depth_outside,
            open: true,
        };
        if depth_outside > 0 {
            let replace = Statement::<sql_types::Array<sql_types::Text>>::new(
                sql::replace_in_transaction(&settings),
            );
            let before = replace.get_result(scope.conn)?;
            scope.outer = Some(Outer::read(&settings, before));
        }
        Ok(scope)
    }

    /// A rollback to the savepoint would bring back the outer context by
    /// itself; its release does not.
    fn leave(mut self) -> QueryResult<()> {
        if let Some(outer) = &self.outer
            && let Err(error) =
                Statement::<sql_types::Text>::new(outer.restore()).execute(self.conn)
        {
            return Err(match self.abandon() {
                Ok(()) | Err(Error::BrokenTransactionManager) => error,
                Err(rollback_error) => Error::RollbackErrorOnCommit {
                    rollback_error: Box::new(rollback_error),
                    commit_error: Box::new(error),
                },
            });
        }
        self.open = false;
        AnsiTransactionManager::commit_transaction(self.conn)
    }

    fn abandon(mut self) -> QueryResult<()> {
        self.open = false;
        AnsiTransactionManager::rollback_transaction(self.conn)
    }
}

/// The panic may have passed through transactions of Diesel inside this one,
/// which leave theirs open. There is nobody to tell that a rollback fails;
/// Diesel's own state says that the connection is broken.
impl Drop for Scope<'_> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let depth = depth(self.conn).unwrap_or(self.depth_outside);
        for _ in self.depth_outside..depth {
            let _ = AnsiTransactionManager::rollback_transaction(self.conn);
        }
    }
}

/// When the context is refused after the BEGIN, the server has a transaction
/// open of which Diesel knows nothing.
fn begin(conn: &mut PgConnection, settings: &[(&str, Value<'_>)]) -> QueryResult<()> {
    let begun = AnsiTransactionManager::begin_transaction_sql(conn, &sql::begin(settings));
    if begun.is_err() {
        // It fails when the connection is lost, which the first error says.
        let _ = conn.batch_execute(sql::ROLLBACK);
    }
    begun
}
