//! The statements that give a connection its context.
//!
//! A statement is a list of [`Piece`]s, so that the prepared form, where the
//! values are binds, and the form for the simple protocol, where they are
//! literals, are one text. Every name carries its schema: these statements run
//! under the caller's `search_path`. `extract` and `COALESCE` are grammar, and
//! cannot be redirected.
//!
//! The names of settings are literals in both forms. A program has few of them,
//! so a connection prepares few statements, and each bind has its price at
//! every checkout.
//!
//! <https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SET>

use std::borrow::Cow;

use crate::marker;
pub use crate::marker::{Lasting, words};
use diesel_audit_model::names::{CONSTANTS, MARKER, NONCE, SETTING_PREFIX};
use diesel_audit_model::quote;

/// A part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// SQL as it stands.
    Sql(String),
    /// A value: a bind or a literal.
    Text(Cow<'a, str>),
}

/// The statement for the simple protocol, with its values as literals. They
/// must not hold a NUL character.
pub fn to_sql(pieces: &[Piece<'_>]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Sql(sql) => Cow::Borrowed(&**sql),
            Piece::Text(text) => Cow::Owned(quote::literal(text)),
        })
        .collect()
}

/// What a scope makes of one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// This text, for which the marker vouches. The empty one is no value: the
    /// marker does not name the setting.
    Text(&'a str),
    /// What the connection holds as the [`constant`] of this name, if the marker
    /// of its constants vouches for it; or nothing.
    Constant,
}

impl Value<'_> {
    fn is_given(self) -> bool {
        self != Value::Text("")
    }
}

/// The setting, without its prefix, that keeps the constant `name` of a
/// connection while a context gives that setting another value.
pub fn constant(name: &str) -> String {
    format!("constant.{name}")
}

/// The option of a connection that sets its [`NONCE`], for [`prove`].
pub fn nonce_option(nonce: &str) -> String {
    format!("-c {NONCE}={nonce}")
}

/// Begins a transaction with these settings, in one message of the simple
/// protocol.
pub fn begin(settings: &[(&str, Value<'_>)]) -> String {
    format!("BEGIN; {}", give(settings))
}

/// The statement with its values as literals sets what is given and nothing
/// else: no connection keeps it, so it need not be one text for all contexts.
fn give(settings: &[(&str, Value<'_>)]) -> String {
    let mut given = settings.to_vec();
    given.retain(|(_, value)| value.is_given());
    to_sql(&set_in_transaction(&given))
}

/// Ends the transaction of a [`begin`] that failed half way.
pub const ROLLBACK: &str = "ROLLBACK";

/// Gives these settings to the transaction that is open, and takes the others
/// from it.
pub fn set_in_transaction<'a>(settings: &[(&str, Value<'a>)]) -> Vec<Piece<'a>> {
    let mut statement = Statement::default();
    statement.set_each(settings);
    statement.mark_transaction(settings);
    statement.pieces
}

/// The first line of a [`preamble`].
pub const PREAMBLE: &str = "-- The audit context of this migration, until its transaction ends.";

/// What stands at the top of a migration and gives its transaction these
/// settings.
pub fn preamble(settings: &[(&str, Value<'_>)]) -> String {
    format!("{PREAMBLE}\n{};\n", give(settings))
}

/// As [`set_in_transaction`], and answers with what was there before: one row,
/// whose first column is a `text[]` with the value of each setting in order and
/// the marker at the end; an absent one is the empty text.
///
/// The values are read in a CTE that is materialized, so that they are read
/// before the first one is set.
pub fn replace_in_transaction<'a>(settings: &[(&str, Value<'a>)]) -> Vec<Piece<'a>> {
    let mut statement = Statement::default();
    statement.sql("WITH outer_context AS MATERIALIZED (SELECT ARRAY[");
    for (name, _) in settings {
        statement.read(&key(name));
        statement.sql(", ");
    }
    statement.read(MARKER);
    statement.sql("] AS before) ");
    statement.column("outer_context.before");
    statement.set_each(settings);
    statement.mark_transaction(settings);
    statement.sql(" FROM outer_context");
    statement.pieces
}

/// Puts back what [`replace_in_transaction`] has read.
pub fn restore_in_transaction<'a>(
    settings: &[(&str, Value<'a>)],
    marker: &'a str,
) -> Vec<Piece<'a>> {
    let mut statement = Statement::default();
    statement.set_each(settings);
    statement.column("");
    statement.set(MARKER, true, |s| s.text(marker));
    statement.pieces
}

/// Gives these settings to the session, for one checkout, and answers with no
/// row: a checkout is a ping, and what was set need not travel back.
///
/// The marker of the session is set with them, so that it vouches for what this
/// checkout has given, by its [`words`], and for nothing that was there before.
/// What undoes it on a checkout, such as RESET ALL, undoes it for that one. The
/// constants of a connection, if it has any, have a marker of their own, which a scope
/// of a transaction leaves as it is.
pub fn set_in_session<'a>(
    settings: &[(&str, Value<'a>)],
    words: &'a str,
    constants: Option<&'a str>,
) -> Vec<Piece<'a>> {
    let mut statement = Statement::default();
    statement.sql("SELECT");
    statement.where_each_is_set(settings, words, constants, " OR ", " IS NULL");
    statement.pieces
}

/// As [`set_in_session`], and answers with one row: when its transaction and
/// when the statement began. That is the same, but for what the server does in
/// between, unless a transaction was open.
pub fn set_in_session_with_times<'a>(
    settings: &[(&str, Value<'a>)],
    words: &'a str,
    constants: Option<&'a str>,
) -> Vec<Piece<'a>> {
    let mut statement = Statement::default();
    statement.column("pg_catalog.now()");
    statement.column("pg_catalog.statement_timestamp()");
    statement.where_each_is_set(settings, words, constants, " AND ", " IS NOT NULL");
    statement.pieces
}

/// Whether the session has this nonce, and so is a pool's own.
pub fn prove(nonce: &str) -> Vec<Piece<'_>> {
    let mut statement = Statement::default();
    statement.column("");
    statement.read(NONCE);
    statement.sql(" OPERATOR(pg_catalog.=) ");
    statement.text(nonce);
    statement.pieces
}

/// Fails where nothing can be read, as in a transaction that is aborted.
pub const PING: &str = "SELECT 1";

/// Fails in an open transaction, and only there, when it is sent by the simple
/// protocol: a statement of its own begins with its transaction. Division by
/// zero is the error, for want of a statement that refuses by itself.
pub const REFUSE_OPEN_TRANSACTION: &str = "SELECT 1 OPERATOR(pg_catalog./) \
     (pg_catalog.now() OPERATOR(pg_catalog.=) pg_catalog.statement_timestamp())::pg_catalog.int4";

/// Begins a savepoint inside so many transactions and savepoints of Diesel's,
/// which has the same name for it.
pub fn savepoint(depth: u32) -> String {
    format!("SAVEPOINT diesel_savepoint_{depth}")
}

/// Ends what began inside so many transactions and savepoints, with everything
/// that was opened in it since, and keeps what was written.
pub fn commit(depth: u32) -> String {
    if depth == 0 {
        return "COMMIT".to_owned();
    }
    format!("RELEASE SAVEPOINT diesel_savepoint_{depth}")
}

/// As [`commit`], and takes back what was written.
pub fn roll_back(depth: u32) -> String {
    if depth == 0 {
        return ROLLBACK.to_owned();
    }
    format!(
        "ROLLBACK TO SAVEPOINT diesel_savepoint_{depth}; {}",
        commit(depth)
    )
}

/// A statement while it is written.
#[derive(Default)]
struct Statement<'a> {
    pieces: Vec<Piece<'a>>,
    selects: bool,
}

impl<'a> Statement<'a> {
    fn sql(&mut self, sql: &str) {
        if let Some(Piece::Sql(before)) = self.pieces.last_mut() {
            before.push_str(sql);
        } else {
            self.pieces.push(Piece::Sql(sql.to_owned()));
        }
    }

    fn text(&mut self, text: impl Into<Cow<'a, str>>) {
        self.pieces.push(Piece::Text(text.into()));
    }

    /// The next column of the answer, which begins like this.
    fn column(&mut self, sql: &str) {
        self.sql(if self.selects { ", " } else { "SELECT " });
        self.selects = true;
        self.sql(sql);
    }

    fn set_each(&mut self, settings: &[(&str, Value<'a>)]) {
        for &(name, value) in settings {
            self.column("");
            self.set_to(name, value, true);
        }
    }

    fn set_to(&mut self, name: &str, value: Value<'a>, local: bool) {
        self.set(&key(name), local, |s| match value {
            Value::Text(text) => s.text(text),
            Value::Constant => s.read(&key(&constant(name))),
        });
    }

    /// `set_config` gives the value, which is never NULL. So all of the
    /// conditions are looked at, whether they shall let a row pass or not.
    fn where_each_is_set(
        &mut self,
        settings: &[(&str, Value<'a>)],
        words: &'a str,
        constants: Option<&'a str>,
        and: &str,
        is: &str,
    ) {
        self.sql(" WHERE ");
        for &(name, value) in settings {
            self.set_to(name, value, false);
            self.sql(is);
            self.sql(and);
        }
        self.set_marker(MARKER, words);
        self.sql(is);
        if let Some(words) = constants {
            self.sql(and);
            self.set_marker(CONSTANTS, words);
            self.sql(is);
        }
    }

    fn set_marker(&mut self, key: &str, words: &'a str) {
        self.set(key, false, |s| {
            s.marker(Lasting::Session);
            s.text(words);
            s.sql(")");
        });
    }

    /// The marker names what has a value now: the texts by a bind, so that the
    /// text of the statement does not depend on them.
    fn mark_transaction(&mut self, settings: &[(&str, Value<'a>)]) {
        let texts = settings.iter().filter_map(|&(name, value)| match value {
            Value::Text(text) if value.is_given() => Some((name, text)),
            _ => None,
        });
        let words = words(Lasting::Transaction, texts);
        let constants = settings
            .iter()
            .filter(|(_, value)| *value == Value::Constant);
        self.column("");
        self.set(MARKER, true, |s| {
            s.marker(Lasting::Transaction);
            s.text(words);
            for (name, _) in constants {
                s.sql(", ");
                s.sql(&marker::word_of_constant(name));
            }
            s.sql(")");
        });
    }

    /// The start of a marker, up to its words.
    fn marker(&mut self, lasting: Lasting) {
        self.sql(marker::CONCATENATE);
        self.sql("(");
        self.sql(lasting.mark());
        self.sql(", ");
    }

    fn set(&mut self, key: &str, local: bool, value: impl FnOnce(&mut Self)) {
        self.sql("pg_catalog.set_config(");
        self.sql(&quote::literal(key));
        self.sql(", ");
        value(self);
        self.sql(if local { ", true)" } else { ", false)" });
    }

    fn read(&mut self, key: &str) {
        self.sql("COALESCE(pg_catalog.current_setting(");
        self.sql(&quote::literal(key));
        self.sql(", true), '')");
    }
}

fn key(name: &str) -> String {
    format!("{SETTING_PREFIX}{name}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARK: &str = "pg_catalog.concat(extract(epoch FROM pg_catalog.now()),";
    const OF_SESSION: &str = "pg_catalog.concat(pg_catalog.to_hex(pg_catalog.pg_backend_pid()),";

    #[test]
    fn a_transaction_begins_with_its_context() {
        assert_eq!(
            begin(&[
                ("username", Value::Text("O'Brien")),
                ("reason", Value::Text("")),
                ("request_id", Value::Text("7")),
            ]),
            format!(
                "BEGIN; SELECT pg_catalog.set_config('audit.username', 'O''Brien', true), \
                 pg_catalog.set_config('audit.request_id', '7', true), \
                 pg_catalog.set_config('audit.context', \
                 {MARK} ' tx <username:text><request_id:int4>'), true)"
            )
        );
        assert_eq!(
            begin(&[("reason", Value::Text(""))]),
            format!("BEGIN; SELECT pg_catalog.set_config('audit.context', {MARK} ' tx '), true)")
        );
    }

    #[test]
    fn a_constant_counts_if_the_marker_names_it() {
        let marker = "pg_catalog.current_setting('audit.constants', true)";
        assert_eq!(
            begin(&[
                ("service", Value::Constant),
                ("username", Value::Text("ann")),
            ]),
            format!(
                "BEGIN; SELECT pg_catalog.set_config('audit.service', \
                 COALESCE(pg_catalog.current_setting('audit.constant.service', true), ''), true), \
                 pg_catalog.set_config('audit.username', 'ann', true), \
                 pg_catalog.set_config('audit.context', {MARK} ' tx <username:text>', \
                 CASE WHEN pg_catalog.starts_with({marker}, {OF_SESSION} ' ')) \
                 AND pg_catalog.strpos({marker}, '<service:') OPERATOR(pg_catalog.>) 0 \
                 THEN '<service:text>' ELSE '' END), true)"
            )
        );
    }

    /// The text of a statement that a connection keeps does not depend on which
    /// settings have a value.
    #[test]
    fn a_prepared_statement_takes_what_is_not_given_too() {
        let sql = |reason| {
            let settings = [
                ("username", Value::Text("ann")),
                ("reason", Value::Text(reason)),
            ];
            set_in_transaction(&settings)
        };
        let texts = |pieces: Vec<Piece<'static>>| -> Vec<Piece<'static>> {
            let is_sql = |piece: &Piece<'_>| matches!(piece, Piece::Sql(_));
            pieces.into_iter().filter(is_sql).collect()
        };
        assert_eq!(texts(sql("")), texts(sql("ticket 7")));
        assert!(sql("").contains(&Piece::Text(" tx <username:text>".into())));
        let both = " tx <username:text><reason:text>";
        assert!(sql("ticket 7").contains(&Piece::Text(both.into())));
    }

    #[test]
    fn an_inner_scope_reads_before_it_sets_and_puts_back() {
        assert_eq!(
            to_sql(&replace_in_transaction(&[("username", Value::Text("bob"))])),
            format!(
                "WITH outer_context AS MATERIALIZED (SELECT ARRAY[\
                 COALESCE(pg_catalog.current_setting('audit.username', true), ''), \
                 COALESCE(pg_catalog.current_setting('audit.context', true), '')] AS before) \
                 SELECT outer_context.before, \
                 pg_catalog.set_config('audit.username', 'bob', true), \
                 pg_catalog.set_config('audit.context', {MARK} ' tx <username:text>'), true) FROM outer_context"
            )
        );
        assert_eq!(
            to_sql(&restore_in_transaction(
                &[("username", Value::Text("ann"))],
                "1f tx "
            )),
            "SELECT pg_catalog.set_config('audit.username', 'ann', true), \
             pg_catalog.set_config('audit.context', '1f tx ', true)"
        );
    }

    #[test]
    fn a_session_is_set_and_marked_for_each_checkout() {
        assert_eq!(
            to_sql(&prove("17")),
            "SELECT COALESCE(pg_catalog.current_setting('audit.nonce', true), '') \
             OPERATOR(pg_catalog.=) '17'"
        );
        let mark = format!(
            "pg_catalog.set_config('audit.context', {OF_SESSION} ' session <username:text>'), false)"
        );
        let words = words(Lasting::Session, [("username", "ann")]);
        let settings = [
            ("username", Value::Text("ann")),
            ("reason", Value::Text("")),
        ];
        let set = |and, is| {
            format!(
                "WHERE pg_catalog.set_config('audit.username', 'ann', false) {is} {and} \
                 pg_catalog.set_config('audit.reason', '', false) {is} {and} {mark} {is}"
            )
        };
        assert_eq!(
            to_sql(&set_in_session(&settings, &words, None)),
            format!("SELECT {}", set("OR", "IS NULL"))
        );
        assert_eq!(
            to_sql(&set_in_session_with_times(&settings, &words, None)),
            format!(
                "SELECT pg_catalog.now(), pg_catalog.statement_timestamp() {}",
                set("AND", "IS NOT NULL")
            )
        );
        assert_eq!(
            to_sql(&set_in_session(&[], &words, Some(&words))),
            format!(
                "SELECT WHERE {mark} IS NULL OR {} IS NULL",
                mark.replace("audit.context", "audit.constants")
            )
        );
    }

    proptest! {
        /// No value ends its literal early or changes on its way, whatever
        /// `standard_conforming_strings` says.
        #[test]
        fn a_literal_reads_back_as_its_text(value in "[^\0]{0,40}|['\\\\E\" ]{0,12}") {
            let text = to_sql(&set_in_transaction(&[("x", Value::Text(&value))]));
            let rest = text
                .strip_prefix("SELECT pg_catalog.set_config('audit.x', ")
                .unwrap();
            for standard_conforming in [true, false] {
                let (read, rest) = read_literal(rest, standard_conforming);
                prop_assert_eq!(&read, &value);
                prop_assert!(rest.starts_with(", true), pg_catalog.set_config('audit.context', "));
            }
        }
    }

    /// PostgreSQL's rules for a literal at the start of a text: what it reads,
    /// and what is left.
    fn read_literal(text: &str, standard_conforming: bool) -> (String, &str) {
        let text = text.trim_start_matches(' ');
        let (escapes, body) = match text.strip_prefix("E'") {
            Some(body) => (true, body),
            None => (!standard_conforming, text.strip_prefix('\'').unwrap()),
        };
        let mut read = String::new();
        let mut chars = body.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' if escapes => {
                    let (_, escaped) = chars.next().unwrap();
                    // Any other escape would stand for another character.
                    assert_eq!(escaped, '\\');
                    read.push('\\');
                }
                '\'' if chars.next_if(|&(_, next)| next == '\'').is_none() => {
                    return (read, &body[at + 1..]);
                }
                c => read.push(c),
            }
        }
        panic!("the literal does not end: {text}");
    }
}
