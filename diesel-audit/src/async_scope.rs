//! The context of one transaction, on a connection of diesel-async.

use std::pin::pin;
use std::task::{Context, Waker};

use diesel::QueryResult;
use diesel::connection::{TransactionDepthChange, TransactionManagerStatus};
use diesel::pg::Pg;
use diesel::result::Error;
use diesel::sql_types;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use diesel_audit_sql::context as sql;

use crate::settings::{Outer, settings};
use crate::statement::Statement;
use crate::{AuditContext, AuditError, ToAuditContext};

/// Changes of audited tables with a context, on an [`AsyncPgConnection`] and on
/// everything that dereferences to one, such as a connection from a pool.
///
/// It is `AuditConnection` for async code; this scope is right behind every
/// kind of pooler, too.
pub trait AsyncAuditConnection: AsyncConnection<Backend = Pg> {
    /// Runs the closure in a transaction whose changes are recorded with this
    /// context; commits when it returns `Ok`, and rolls back when it returns
    /// `Err` or panics.
    ///
    /// It is [`AsyncConnection::transaction`] with a context. The context
    /// travels with the BEGIN, and costs no round trip of its own. Inside an
    /// open transaction it is a savepoint, and when it ends, in whichever way,
    /// the context which was there before is back.
    ///
    /// The future may be dropped at any point, by a timeout or by `select!`.
    /// The rollback is then sent at once, before anything else can use the
    /// connection, and with it goes the context. Whether a COMMIT that was under
    /// way has arrived, nobody knows.
    ///
    /// The context is set by a query, so an isolation level must be given
    /// before: by `conn.build_transaction().serializable().run(async |conn|
    /// conn.audited(..).await)`.
    ///
    /// # Errors
    /// What the closure returns, what [`AsyncConnection::transaction`] returns
    /// when the transaction cannot be begun, committed or rolled back, and, as
    /// Diesel's error that [`AuditError::from`] understands,
    /// [`AuditError::SettingRefused`] for a context that cannot be stored.
    ///
    /// ```no_run
    /// use diesel::prelude::*;
    /// use diesel_async::{AsyncPgConnection, RunQueryDsl};
    /// use diesel_audit::{AsyncAuditConnection, AuditContext, AuditError};
    ///
    /// diesel::table! {
    ///     users (id) { id -> BigInt, email -> Text }
    /// }
    ///
    /// async fn rename(conn: &mut AsyncPgConnection, user: &str) -> Result<(), AuditError> {
    ///     let context = AuditContext::new().set("username", user)?;
    ///     conn.audited(&context, async |conn| {
    ///         diesel::update(users::table.find(7))
    ///             .set(users::email.eq("ann@example.com"))
    ///             .execute(conn)
    ///             .await?;
    ///         Ok(())
    ///     })
    ///     .await
    /// }
    /// ```
    fn audited<C, T, E, F>(
        &mut self,
        context: &C,
        f: F,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        C: ToAuditContext + ?Sized,
        for<'r> F: AsyncFnOnce(&'r mut AsyncPgConnection) -> Result<T, E>
            + AsyncFunc<&'r mut AsyncPgConnection, Result<T, E>, Future: Send>
            + Send,
        T: Send,
        E: From<Error> + Send;

    /// Gives the context to the rest of the open transaction, in place of the
    /// one that it had. It ends with the transaction, or with the
    /// [`audited`](AsyncAuditConnection::audited) scope around it; a rollback to
    /// a savepoint from before takes it back, too.
    ///
    /// # Errors
    /// [`AuditError::NotInTransaction`] when Diesel knows of no open
    /// transaction: the context would be gone before the next statement;
    /// [`AuditError::SettingRefused`] for a context that cannot be stored.
    fn set_audit_context<C>(
        &mut self,
        context: &C,
    ) -> impl Future<Output = Result<(), AuditError>> + Send
    where
        C: ToAuditContext + ?Sized;
}

/// A closure whose future can be bounded; every async closure is one.
///
/// `AsyncFnOnce` does not let its future be named yet, and a future that is
/// spawned has to be [`Send`].
pub trait AsyncFunc<A, R>:
    AsyncFnOnce(A) -> R + FnOnce(A) -> <Self as AsyncFunc<A, R>>::Future
{
    /// What the closure returns when it is called.
    type Future: Future<Output = R>;
}

impl<F, A, R, Fut> AsyncFunc<A, R> for F
where
    F: AsyncFnOnce(A) -> R + FnOnce(A) -> Fut,
    Fut: Future<Output = R>,
{
    type Future = Fut;
}

impl AsyncAuditConnection for AsyncPgConnection {
    fn audited<C, T, E, F>(
        &mut self,
        context: &C,
        f: F,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        C: ToAuditContext + ?Sized,
        for<'r> F: AsyncFnOnce(&'r mut AsyncPgConnection) -> Result<T, E>
            + AsyncFunc<&'r mut AsyncPgConnection, Result<T, E>, Future: Send>
            + Send,
        T: Send,
        E: From<Error> + Send,
    {
        let context = context.to_audit_context();
        async move {
            let context = context.map_err(Error::from)?;
            let scope = Scope::enter(self, &context).await?;
            match f(&mut *scope.conn).await {
                Ok(value) => {
                    scope.leave().await?;
                    Ok(value)
                }
                Err(user_error) => match scope.abandon().await {
                    // The closure's error has very likely caused the other.
                    Ok(()) | Err(Error::BrokenTransactionManager) => Err(user_error),
                    Err(rollback_error) => Err(rollback_error.into()),
                },
            }
        }
    }

    fn set_audit_context<C>(
        &mut self,
        context: &C,
    ) -> impl Future<Output = Result<(), AuditError>> + Send
    where
        C: ToAuditContext + ?Sized,
    {
        let context = context.to_audit_context();
        async move {
            let context = context?;
            if depth(self)? == 0 {
                return Err(AuditError::NotInTransaction);
            }
            let pieces = sql::set_in_transaction(&settings(&context));
            let statement = Statement::<sql_types::Text>::new(pieces);
            statement.execute(self).await?;
            Ok(())
        }
    }
}

/// How many transactions and savepoints Diesel has open.
///
/// # Errors
/// [`Error::BrokenTransactionManager`] when it has lost count.
pub(crate) fn depth(conn: &mut AsyncPgConnection) -> QueryResult<u32> {
    let status = AnsiTransactionManager::transaction_manager_status_mut(conn);
    Ok(status.transaction_depth()?.map_or(0, u32::from))
}

/// A transaction or savepoint that is open, or about to be. Unless it is left
/// or abandoned to the end, it is rolled back when it is dropped, which is what
/// a panic does, and the one who drops the future.
///
/// It sends BEGIN and COMMIT itself: diesel-async gives a connection up when
/// the future of one of its own is dropped.
struct Scope<'c> {
    conn: &'c mut AsyncPgConnection,
    /// Nothing at the outermost level: there, the end of the transaction
    /// brings back the session's settings by itself.
    outer: Option<Outer>,
    depth_outside: u32,
    state: State,
}

enum State {
    Open,
    /// What ends it is on its way, and the answer is not here.
    Ending,
    Over,
}

impl<'c> Scope<'c> {
    async fn enter(
        conn: &'c mut AsyncPgConnection,
        context: &AuditContext,
    ) -> QueryResult<Scope<'c>> {
        let settings = settings(context);
        let depth_outside = depth(conn)?;
        let mut scope = Scope {
            conn,
            outer: None,
            depth_outside,
            state: State::Open,
        };
        if depth_outside == 0 {
            // When the context is refused after the BEGIN, the drop of the
            // scope ends the transaction.
            scope.conn.batch_execute(&sql::begin(&settings)).await?;
            scope.change_depth(TransactionDepthChange::IncreaseDepth)?;
            return Ok(scope);
        }
        let savepoint = sql::savepoint(depth_outside);
        if let Err(error) = scope.conn.batch_execute(&savepoint).await {
            // There is nothing to roll back to.
            scope.state = State::Over;
            return Err(error);
        }
        scope.change_depth(TransactionDepthChange::IncreaseDepth)?;
        let replace = Statement::<sql_types::Array<sql_types::Text>>::new(
            sql::replace_in_transaction(&settings),
        );
        let before = replace.get_result(scope.conn).await?;
        scope.outer = Some(Outer::read(&settings, before));
        Ok(scope)
    }

    /// A rollback to the savepoint would bring back the outer context by
    /// itself; its release does not.
    async fn leave(mut self) -> QueryResult<()> {
        if let Some(outer) = &self.outer {
            let restore = Statement::<sql_types::Text>::new(outer.restore());
            if let Err(error) = restore.execute(self.conn).await {
                return Err(match self.abandon().await {
                    Ok(()) | Err(Error::BrokenTransactionManager) => error,
                    Err(rollback_error) => Error::RollbackErrorOnCommit {
                        rollback_error: Box::new(rollback_error),
                        commit_error: Box::new(error),
                    },
                });
            }
        }
        let committed = self.end(sql::commit(self.depth_outside)).await;
        if committed.is_err() && self.depth_outside > 0 {
            // A COMMIT that fails has rolled back, but a savepoint is still there.
            self.state = State::Open;
        }
        committed
    }

    async fn abandon(mut self) -> QueryResult<()> {
        let rolled_back = self.end(sql::roll_back(self.depth_outside)).await;
        if rolled_back.is_err() {
            self.status().set_in_error();
        }
        rolled_back
    }

    /// # Errors
    /// [`Error::BrokenTransactionManager`] when Diesel's own transactions have
    /// lost count meanwhile.
    async fn end(&mut self, sql: String) -> QueryResult<()> {
        depth(self.conn)?;
        self.state = State::Ending;
        self.conn.batch_execute(&sql).await
    }

    fn status(&mut self) -> &mut TransactionManagerStatus {
        AnsiTransactionManager::transaction_manager_status_mut(self.conn)
    }

    fn change_depth(&mut self, change: TransactionDepthChange) -> QueryResult<()> {
        match self.status() {
            TransactionManagerStatus::Valid(status) => status.change_transaction_depth(change),
            TransactionManagerStatus::InError => Err(Error::BrokenTransactionManager),
        }
    }

    /// Tells Diesel that everything that was opened inside is over.
    fn come_back(&mut self) -> QueryResult<()> {
        while depth(self.conn)? > self.depth_outside {
            self.change_depth(TransactionDepthChange::DecreaseDepth)?;
        }
        Ok(())
    }
}

/// A statement is on its way when its future has been polled once, and the
/// connection works in the order in which it was given. So the rollback is
/// before everything that the connection's owner will send, though nobody
/// waits for its answer.
impl Drop for Scope<'_> {
    fn drop(&mut self) {
        let is_sent = match self.state {
            State::Open => {
                let sql = sql::roll_back(self.depth_outside);
                pin!(self.conn.batch_execute(&sql))
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_pending()
            }
            State::Ending => true,
            State::Over => return,
        };
        if !is_sent || self.come_back().is_err() {
            self.status().set_in_error();
        }
    }
}
