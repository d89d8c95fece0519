//! The marker of a context, which says whose it is and which settings belong to
//! it: the process of a checkout or the start of a transaction, that word, and each
//! setting with the type of its value, `4f2 session <request_id:uuid><username:text>`.
//! A setting that the marker does not name is somebody else's, wherever its value
//! comes from: an earlier checkout, `PGOPTIONS`, a default of the database.
//!
//! The core reads it (`core_1.sql`).

use diesel_audit_model::names::CONSTANTS;
use diesel_audit_model::quote::literal;
use diesel_audit_model::value::form;

/// How long a context lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// As long as a checkout.
    Session,
    /// As long as a transaction.
    Transaction,
}

impl Lasting {
    /// What a marker begins with, as an expression. The epoch is `numeric`: as
    /// `double precision` it would be rounded to `extra_float_digits`, and stale
    /// markers would look fresh.
    pub(super) const fn mark(self) -> &'static str {
        match self {
            Lasting::Session => "pg_catalog.to_hex(pg_catalog.pg_backend_pid())",
            Lasting::Transaction => "extract(epoch FROM pg_catalog.now())",
        }
    }
}

/// What follows the mark: the scope, and what the marker vouches for.
pub fn words<'n>(
    lasting: Lasting,
    settings: impl IntoIterator<Item = (&'n str, &'n str)>,
) -> String {
    let mut words = String::from(match lasting {
        Lasting::Session => " session ",
        Lasting::Transaction => " tx ",
    });
    for (name, value) in settings {
        words.push_str(&word(name, form(value)));
    }
    words
}

fn word(name: &str, form: &str) -> String {
    format!("<{name}:{form}>")
}

/// What puts a marker together, of its mark and texts. `concat` reads a number as the
/// cast does, and is found sooner than the operator when a statement is not prepared.
pub(super) const CONCATENATE: &str = "pg_catalog.concat";

/// The word for a setting that has the connection's constant, if the marker of the
/// constants vouches for it.
pub(super) fn word_of_constant(name: &str) -> String {
    let marker = format!("pg_catalog.current_setting({}, true)", literal(CONSTANTS));
    format!(
        "CASE WHEN pg_catalog.starts_with({marker}, {CONCATENATE}({}, ' ')) \
         AND pg_catalog.strpos({marker}, {}) OPERATOR(pg_catalog.>) 0 THEN {} ELSE '' END",
        Lasting::Session.mark(),
        literal(&format!("<{name}:")),
        literal(&word(name, "text")),
    )
}
