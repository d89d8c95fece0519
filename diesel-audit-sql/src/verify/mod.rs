//! Whether a live database does what its models say: everything that could
//! lose, fake or block an audit row, each with the statement that repairs it.
//!
//! This decides and does not ask: a [`Verifier`] says which queries to run, and
//! takes the answers, until it is done.

mod audit_table;
mod catalog;
mod code;
mod columns;
mod core;
mod defaults;
mod finding;
mod function;
mod hash_key;
mod key;
mod privileges;
mod read;
mod rows;
mod seal_table;
mod seals;
mod server;
mod source;
mod state;
mod trigger;

pub use code::Code;
pub use finding::{Finding, Verification};
pub use seals::SealVerifier;

use self::catalog::{Catalog, Objects};
use self::finding::Findings;
use diesel_audit_model::table::AuditedTable;

/// The `cells` of one row.
pub type Row = Vec<Option<String>>;

/// A verification on its way.
///
/// Each query answers with rows of one column `cells` of the type `text[]`.
/// They only read, and are to run in one transaction after
/// [`PIN_SEARCH_PATH`](crate::render::catalog::PIN_SEARCH_PATH).
#[derive(Debug)]
pub struct Verifier<'a> {
    tables: &'a [AuditedTable],
    /// What is there, once it is known.
    objects: Option<Objects>,
}

/// What comes after an answer.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Further queries.
    More(Verifier<'a>),
    /// The result.
    Done(Verification),
}

impl<'a> Verifier<'a> {
    /// For tables that obey the rules of [`check`](diesel_audit_model::check).
    pub fn new(tables: &'a [AuditedTable]) -> Verifier<'a> {
        Verifier {
            tables,
            objects: None,
        }
    }

    /// The queries to run now, in this order.
    pub fn queries(&self) -> Vec<String> {
        match &self.objects {
            None => read::objects(self.tables),
            Some(objects) => read::parts(objects, self.tables),
        }
    }

    /// Takes the rows of each query, in the same order.
    pub fn answer(self, answers: Vec<Vec<Row>>) -> Progress<'a> {
        match self.objects {
            None => Progress::More(Verifier {
                objects: Some(Objects::of(answers)),
                ..self
            }),
            Some(objects) => Progress::Done(compare(self.tables, &objects.complete(answers))),
        }
    }
}

fn compare(tables: &[AuditedTable], catalog: &Catalog) -> Verification {
    let mut findings = Findings::default();
    for table in tables {
        let Some(source) = source::check(table, tables, catalog, &mut findings) else {
            continue;
        };
        let Some(audit) = audit_table::check(table, catalog, &mut findings) else {
            continue;
        };
        key::check(table, catalog, source, &mut findings);
        columns::check(table, catalog, source, audit, &mut findings);
        defaults::check(table, catalog, audit, &mut findings);
        function::check(table, catalog, audit, &mut findings);
        hash_key::check(table, catalog, audit, &mut findings);
        trigger::check(table, tables, catalog, source, audit, &mut findings);
        privileges::check(table, catalog, source, audit, &mut findings);
        seal_table::check(table, catalog, audit, &mut findings);
        state::check(table, catalog, source, audit, &mut findings);
    }
    if !tables.is_empty() {
        core::check(catalog, &mut findings);
    }
    server::check(tables, catalog, &mut findings);
    findings.into()
}
