//! The settings of a session, set anew at every checkout.

use std::sync::{Arc, PoisonError, RwLock};

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{self, Timestamptz};
use diesel_audit_sql::context::{self as sql, Piece, Value};

use crate::context::{Kind, known};
use crate::{AuditContext, AuditCustomizer};

/// Sets the sessions of one pool.
///
/// A checkout costs hardly more than Diesel's ping, so the text of its
/// statement is kept until another setting becomes known.
#[derive(Debug)]
pub(crate) struct Session {
    customizer: AuditCustomizer,
    /// Whether the answer tells when transaction and statement began.
    with_times: bool,
    /// The settings that keep the constants.
    kept: Vec<String>,
    /// What the marker of the constants names, if there are any.
    words_of_constants: Option<String>,
    text: RwLock<Text>,
}

/// The SQL before, between and after the values, and for how many settings.
/// Their list only grows, so the number tells which.
#[derive(Debug, Clone, Default)]
struct Text {
    known: usize,
    sql: Arc<[String]>,
}

/// Sends a session's statement.
pub(crate) trait Send {
    /// What comes of it.
    type Sent;

    fn send<const KNOWN: usize>(self, statement: SetSession<'_, KNOWN>) -> Self::Sent;
}

impl Session {
    pub(crate) fn new(customizer: AuditCustomizer, with_times: bool) -> Session {
        let constants = customizer.constants.iter();
        let named = constants.clone().map(|(name, value)| (*name, &**value));
        let words = sql::words(sql::Lasting::Session, named);
        Session {
            words_of_constants: (!customizer.constants.is_empty()).then_some(words),
            kept: constants.map(|(name, _)| sql::constant(name)).collect(),
            customizer,
            with_times,
            text: RwLock::default(),
        }
    }

    pub(crate) fn has_constants(&self) -> bool {
        !self.customizer.constants.is_empty()
    }

    /// Sends what gives a session its settings, in place of all that it had:
    /// the context's, else the constant, else none. The marker names those that
    /// have a value; without a context and constants there is nothing that it
    /// could vouch for.
    pub(crate) fn set<S: Send>(
        &self,
        context: Option<&AuditContext>,
        sending: Sending,
        connection: S,
    ) -> S::Sent {
        let constants = &self.customizer.constants;
        let constant = |name| constants.iter().find(|&&(other, _)| other == name);
        let known = known();
        let value = |name| {
            context
                .and_then(|context| context.get(name))
                .or_else(|| constant(name).map(|(_, value)| &**value))
                .unwrap_or_default()
        };
        let names = known.iter().map(|&(name, _)| name);
        let given = names.clone().map(|name| (name, value(name)));
        let given = given.filter(|(_, value)| !value.is_empty());
        let words = if context.is_some() || self.has_constants() {
            sql::words(sql::Lasting::Session, given)
        } else {
            String::new()
        };
        let values: Vec<&str> = names
            .map(value)
            .chain(constants.iter().map(|(_, value)| &**value))
            .chain([&*words])
            .chain(self.words_of_constants.as_deref())
            .collect();
        let statement = Prepared {
            text: &self.text(&known),
            values: &values,
            sending,
        };
        statement.send(known.len(), connection)
    }

    fn text(&self, known: &[(&'static str, Kind)]) -> Arc<[String]> {
        let text = self.text.read().unwrap_or_else(PoisonError::into_inner);
        if text.known == known.len() && !text.sql.is_empty() {
            return text.sql.clone();
        }
        drop(text);
        let names = known.iter().map(|&(name, _)| name);
        let settings: Vec<(&str, Value<'_>)> = names
            .chain(self.kept.iter().map(String::as_str))
            .map(|name| (name, Value::Text("")))
            .collect();
        let set = if self.with_times {
            sql::set_in_session_with_times
        } else {
            sql::set_in_session
        };
        let constants = self.words_of_constants.as_ref().map(|_| "");
        let sql: Arc<[String]> = set(&settings, "", constants)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Sql(sql) => Some(sql),
                Piece::Text(_) => None,
            })
            .collect();
        let mut text = self.text.write().unwrap_or_else(PoisonError::into_inner);
        *text = Text {
            known: known.len(),
            sql: sql.clone(),
        };
        sql
    }
}

/// How a statement is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// Prepared, and kept by the connection for the next checkout.
    Kept,
    /// By itself: a connection whose prepared statements are gone takes it, too.
    Once,
}

/// A statement that Diesel finds by its type, without its text: for the usual,
/// small numbers of settings. A connection belongs to one pool, so for it the
/// number tells the text.
pub(crate) struct SetSession<'a, const KNOWN: usize>(Prepared<'a>);

struct Prepared<'a> {
    text: &'a [String],
    values: &'a [&'a str],
    sending: Sending,
}

/// The number for every greater one: these are found by their text.
const MANY: usize = usize::MAX;

impl<const KNOWN: usize> QueryFragment<Pg> for SetSession<'_, KNOWN> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.0.sending == Sending::Once {
            pass.unsafe_to_cache_prepared();
        }
        let mut values = self.0.values.iter();
        for (n, sql) in self.0.text.iter().enumerate() {
            if n > 0
                && let Some(value) = values.next()
            {
                pass.push_bind_param::<sql_types::Text, str>(value)?;
            }
            pass.push_sql(sql);
        }
        Ok(())
    }
}

impl<const KNOWN: usize> QueryId for SetSession<'_, KNOWN> {
    type QueryId = SetSession<'static, KNOWN>;
    const HAS_STATIC_QUERY_ID: bool = KNOWN != MANY;
}

/// The row of a session with times.
impl<const KNOWN: usize> Query for SetSession<'_, KNOWN> {
    type SqlType = (Timestamptz, Timestamptz);
}

impl Prepared<'_> {
    fn send<S: Send>(self, known: usize, connection: S) -> S::Sent {
        macro_rules! by_type {
            ($($number:literal)*) => {
                match known {
                    $($number => connection.send(SetSession::<$number>(self)),)*
                    _ => connection.send(SetSession::<MANY>(self)),
                }
            };
        }
        by_type!(0 1 2 3 4 5 6 7 8)
    }
}
