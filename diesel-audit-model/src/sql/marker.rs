//! The markers of a context, which say to whom it belongs and which settings
//! belong to it: a mark, and the names of the settings, with a blank after each
//! word. A setting that no valid marker names is somebody else's, wherever its
//! value comes from: an earlier checkout, `PGOPTIONS`, a default of the database.

use crate::names::{SESSION_MARKER, TRANSACTION_MARKER};
use crate::quote::literal;

/// What the marker of a context of this transaction begins with.
///
/// The epoch as `numeric`: as `double precision` it would be rounded to
/// `extra_float_digits`, and stale markers would look fresh.
pub(super) fn mark_of_transaction() -> &'static str {
    "extract(epoch FROM pg_catalog.now())::pg_catalog.text"
}

/// What the marker of a context of this session begins with.
pub(super) fn mark_of_session() -> &'static str {
    "pg_catalog.pg_backend_pid()::pg_catalog.text"
}

/// What follows the mark: a blank, and the names with a blank after each. A
/// marker without this vouches for nothing.
pub fn words<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut words = String::from(" ");
    for name in names {
        words.push_str(name);
        words.push(' ');
    }
    words
}

/// The marker of a context of the transaction, as the session has it.
pub(super) fn transaction() -> String {
    read(TRANSACTION_MARKER)
}

/// The marker of a context of the session, as the session has it.
pub(super) fn session() -> String {
    read(SESSION_MARKER)
}

/// Whether a marker begins with this mark. Not true, but NULL, without a marker.
pub(super) fn begins_with(marker: &str, mark: &str) -> String {
    format!("pg_catalog.starts_with({marker}, {mark} OPERATOR(pg_catalog.||) ' ')")
}

/// Whether a marker, if it is valid, vouches for this setting. Not true, but
/// NULL, without a marker.
pub(super) fn vouches_for(marker: &str, name: &str) -> String {
    let word = literal(&format!(" {name} "));
    format!("pg_catalog.strpos({marker}, {word}) OPERATOR(pg_catalog.>) 0")
}

fn read(marker: &str) -> String {
    format!("pg_catalog.current_setting({}, true)", literal(marker))
}
