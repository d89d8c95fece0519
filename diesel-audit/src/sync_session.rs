//! A session of libpq at a checkout.

use diesel::connection::{
    AnsiTransactionManager, TransactionDepthChange, TransactionManager, TransactionManagerStatus,
};
use diesel::result::Error;
use diesel::{PgConnection, QueryResult, RunQueryDsl};

use crate::scope::depth;
use crate::session::{Send, SetSession};

impl<const KNOWN: usize> RunQueryDsl<PgConnection> for SetSession<'_, KNOWN> {}

/// # Errors
/// [`Error::AlreadyInTransaction`] when a transaction is open of which Diesel
/// does not know: its rollback would bring back the settings of an earlier
/// checkout.
impl Send for &mut PgConnection {
    type Sent = QueryResult<()>;

    fn send<const KNOWN: usize>(self, statement: SetSession<'_, KNOWN>) -> QueryResult<()> {
        execute_alone(self, statement)
    }
}

/// Runs a statement outside of any transaction, or in one that Diesel knows of:
/// a test transaction, which may stay in a pool.
///
/// Diesel does not notice a BEGIN that was sent as text. But after each
/// statement it asks libpq, and forgets a transaction that the server has not;
/// so it is made to believe in one.
fn execute_alone<const KNOWN: usize>(
    conn: &mut PgConnection,
    statement: SetSession<'_, KNOWN>,
) -> QueryResult<()> {
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
