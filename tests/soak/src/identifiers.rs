//! Random names and PostgreSQL's key words as schema, table, column and, where
//! a session setting may have such a name, as setting: each is audited, written
//! to, read and given up again, or refused before any SQL with the reason.
//!
//! What the tables are is said as the derive and the subcommand say it, by the
//! model's names and rules; how these two read a name from the sources is for
//! their own tests.

mod named;

use std::collections::HashSet;
use std::error::Error;
use std::fmt;

use audit_test_server::Server;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel_audit_tests::names::{any_name, hostile, key_words};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use named::Named;

/// Names that one transaction is about.
const AT_ONCE: usize = 25;

/// What was done, and what came out.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    random: usize,
    thought_of: usize,
    key_words: usize,
    /// Audited, written to, read, and no longer audited.
    audited: usize,
    /// Of these, with a setting of that name.
    settings: usize,
    /// Refused before any SQL, as it has to be.
    refused: usize,
    /// As the name of a setting.
    settings_refused: usize,
    others: usize,
}

impl Figures {
    fn names(&self) -> usize {
        self.random + self.thought_of + self.key_words
    }

    pub(crate) fn as_promised(&self) -> bool {
        self.others == 0
            && self.audited + self.refused == self.names()
            && self.settings + self.settings_refused == self.audited
            && [self.settings, self.refused, self.settings_refused]
                .iter()
                .all(|&some| some > 0)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "identifiers: {} random names, {} that were thought of and {} key words as schema, table and column: \
             {} audited, written, read and given up, {} refused before any SQL; as a setting {} recorded, {} refused; {} others",
            self.random,
            self.thought_of,
            self.key_words,
            self.audited,
            self.refused,
            self.settings,
            self.settings_refused,
            self.others,
        )
    }
}

type AnyError = Box<dyn Error + Send + Sync>;

/// With so many random names, and one in so many of the others.
pub(crate) fn run(random: usize, one_in: usize) -> Result<Figures, AnyError> {
    let server = Server::find()?;
    let database = server.create_database()?;
    let mut conn = database.connect();
    let mut figures = Figures::default();
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |more: Vec<String>| {
        let before = names.len();
        names.extend(more.into_iter().filter(|name| seen.insert(name.clone())));
        names.len() - before
    };
    figures.random = add(random_names(random)?);
    figures.thought_of = add(hostile().into_iter().step_by(one_in).collect());
    figures.key_words = add(key_words(&mut conn).into_iter().step_by(one_in).collect());

    let mut kept = Vec::new();
    for name in &names {
        let named = Named::new(name);
        match (named.refusal(), named.is_usable()) {
            (None, true) => kept.push(named),
            (Some(why), false) if !why.is_empty() => figures.refused += 1,
            (refusal, _) => figures.other(name, &format!("refused: {refusal:?}")),
        }
    }
    for named in kept.chunks(AT_ONCE) {
        let named = each(
            &mut conn,
            named.iter().collect(),
            &mut figures,
            Named::begin,
        )?;
        let named = each(&mut conn, named, &mut figures, Named::write)?;
        let named = each(&mut conn, named, &mut figures, Named::end)?;
        figures.audited += named.len();
        let (with, without): (Vec<&Named>, Vec<&Named>) = named
            .into_iter()
            .partition(|named| named.setting().is_some());
        figures.settings += with.len();
        for named in without {
            match named.as_setting_only() {
                Some(why) if why.contains(&named.name) => figures.settings_refused += 1,
                refusal => figures.other(&named.name, &format!("as a setting, {refusal:?}")),
            }
        }
    }
    Ok(figures)
}

impl Figures {
    fn other(&mut self, name: &str, what: &str) {
        eprintln!("{name:?}: {what}");
        self.others += 1;
    }
}

/// So many different ones. One in twenty is none that PostgreSQL would keep.
fn random_names(number: usize) -> Result<Vec<String>, AnyError> {
    let kept = any_name().prop_filter("PostgreSQL's own", |name| !name.starts_with("pg_"));
    let unusable = prop_oneof!["[a-zé😀\"%]{64,80}", "[a-z]{0,9}\0[a-z%]{0,9}", ""];
    let names = prop_oneof![19 => kept, 1 => unusable];
    let mut runner = TestRunner::default();
    let mut different = HashSet::new();
    while different.len() < number {
        let name = names.new_tree(&mut runner).map_err(|why| why.to_string())?;
        different.insert(name.current());
    }
    Ok(different.into_iter().collect())
}

/// Does something with each of these in one transaction. Those with which it
/// went well go on.
fn each<'a>(
    conn: &mut PgConnection,
    all: Vec<&'a Named>,
    figures: &mut Figures,
    action: impl Fn(&Named, &mut PgConnection) -> Result<(), AnyError>,
) -> Result<Vec<&'a Named>, AnyError> {
    let mut done = Vec::new();
    conn.transaction(|conn| {
        for named in all {
            match conn.transaction(|conn| action(named, conn).map_err(Failed::from)) {
                Ok(()) => done.push(named),
                Err(Failed(why)) => figures.other(&named.name, &why),
            }
        }
        Ok::<_, AnyError>(())
    })?;
    Ok(done)
}

/// Diesel asks of a transaction's error that it may be the database's.
struct Failed(String);

impl From<AnyError> for Failed {
    fn from(error: AnyError) -> Failed {
        Failed(error.to_string())
    }
}

impl From<diesel::result::Error> for Failed {
    fn from(error: diesel::result::Error) -> Failed {
        Failed(error.to_string())
    }
}
