//! The settings of a session, set anew at every checkout.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use diesel::connection::{
    AnsiTransactionManager, TransactionDepthChange, TransactionManager, TransactionManagerStatus,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::Error;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryResult, RunQueryDsl};
use diesel_audit_model::sql::context::{self as sql, Piece, Value};

use crate::context::{Kind, known};
use crate::scope::depth;
use crate::{AuditContext, AuditCustomizer};

/// Sets the sessions of one pool.
///
/// A checkout costs hardly more than Diesel's ping, so the text of its
/// statement is kept: it depends on how many settings are known, since their
/// list only grows, and on the marker.
#[derive(Debug)]
pub(crate) struct Session {
    customizer: AuditCustomizer,
    texts: RwLock<Texts>,
}

/// By the number of known settings, and whether the session is marked.
type Texts = HashMap<(usize, bool), Arc<[String]>>;

impl Session {
    pub(crate) fn new(customizer: AuditCustomizer) -> Session {
        Session {
            customizer,
            texts: RwLock::default(),
        }
    }

    /// Gives the session its settings, in place of all that it had: the
    /// context's, else the constant, else none. They are marked as this
    /// checkout's unless there is neither a context nor a constant.
    ///
    /// # Errors
    /// [`Error::AlreadyInTransaction`] when a transaction is open of which
    /// Diesel does not know: its rollback would bring back the settings of an
    /// earlier checkout.
    pub(crate) fn set(
        &self,
        conn: &mut PgConnection,
        context: Option<&AuditContext>,
    ) -> QueryResult<()> {
        let constants = &self.customizer.constants;
        let constant = |name| constants.iter().find(|&&(other, _)| other == name);
        let known = known();
        let value = |name| {
            context
                .and_then(|context| context.get(name))
                .or_else(|| constant(name).map(|(_, value)| &**value))
                .unwrap_or_default()
        };
        let values: Vec<&str> = known
            .iter()
            .map(|&(name, _)| value(name))
            .chain(constants.iter().map(|(_, value)| &**value))
            .collect();
        let marked = context.is_some() || !constants.is_empty();
        let text = self.text(&known, marked);
        execute(conn, &text, &values, known.len(), marked)
    }

    /// The SQL before, between and behind the values.
    fn text(&self, known: &[(&'static str, Kind)], marked: bool) -> Arc<[String]> {
        let key = (known.len(), marked);
        let texts = self.texts.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = texts.get(&key) {
            return text.clone();
        }
        drop(texts);
        let constants = self.customizer.constants.iter();
        let kept: Vec<String> = constants.map(|(name, _)| sql::constant(name)).collect();
        let names = known.iter().map(|&(name, _)| name);
        let settings: Vec<(&str, Value<'_>)> = names
            .chain(kept.iter().map(String::as_str))
            .map(|name| (name, Value::Text("")))
            .collect();
        let text: Arc<[String]> = sql::set_in_session(&settings, marked)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Sql(sql) => Some(sql),
                Piece::Text(_) => None,
            })
            .collect();
        let mut texts = self.texts.write().unwrap_or_else(PoisonError::into_inner);
        texts.insert(key, text.clone());
        text
    }
}

/// A statement that Diesel finds by its type, without its text: for the usual,
/// small numbers of settings. A connection belongs to one pool, so for it the
/// number and the marker tell the text.
struct SetSession<'a, const KNOWN: usize, const MARKED: bool> {
    text: &'a [String],
    values: &'a [&'a str],
}

/// The number for every greater one: these are found by their text.
const MANY: usize = usize::MAX;

impl<const KNOWN: usize, const MARKED: bool> QueryFragment<Pg> for SetSession<'_, KNOWN, MARKED> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut values = self.values.iter();
        for (n, sql) in self.text.iter().enumerate() {
            if n > 0
                && let Some(value) = values.next()
            {
                pass.push_bind_param::<Text, str>(value)?;
            }
            pass.push_sql(sql);
        }
        Ok(())
    }
}

impl<const KNOWN: usize, const MARKED: bool> QueryId for SetSession<'_, KNOWN, MARKED> {
    type QueryId = SetSession<'static, KNOWN, MARKED>;
    const HAS_STATIC_QUERY_ID: bool = KNOWN != MANY;
}

impl<const KNOWN: usize, const MARKED: bool> RunQueryDsl<PgConnection>
    for SetSession<'_, KNOWN, MARKED>
{
}

fn execute(
    conn: &mut PgConnection,
    text: &[String],
    values: &[&str],
    known: usize,
    marked: bool,
) -> QueryResult<()> {
    macro_rules! by_type {
        ($($number:literal)*) => {
            match (known, marked) {
                $(
                    ($number, true) => execute_alone(conn, SetSession::<$number, true> { text, values }),
                    ($number, false) => execute_alone(conn, SetSession::<$number, false> { text, values }),
                )*
                (_, true) => execute_alone(conn, SetSession::<MANY, true> { text, values }),
                (_, false) => execute_alone(conn, SetSession::<MANY, false> { text, values }),
            }
        };
    }
    by_type!(0 1 2 3 4 5 6 7 8)
}

/// Runs a statement outside of any transaction, or in one that Diesel knows of:
/// a test transaction, which may stay in a pool.
///
/// Diesel does not notice a BEGIN that was sent as text. But after each
/// statement it asks libpq, and forgets a transaction that the server has not;
/// so it is made to believe in one.
fn execute_alone<const KNOWN: usize, const MARKED: bool>(
    conn: &mut PgConnection,
    statement: SetSession<'_, KNOWN, MARKED>,
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
