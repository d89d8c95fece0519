//! What PostgreSQL's catalog tells of audited tables, as queries. Each answers
//! in rows of one column `cells`, an array of texts, which every driver reads;
//! [`crate::verify`] says what the cells are.
//!
//! Everybody may read what these read, but for the position of a sequence.
//! They are to run with the `search_path` `pg_catalog, pg_temp`, so that no
//! object of somebody else's takes a part.
//!
//! <https://www.postgresql.org/docs/current/catalogs.html>

mod objects;
mod parts;

pub(crate) use objects::{functions, readable, relations, schemas, sequences, server, types};
pub(crate) use parts::{
    columns, constraints, counts, grants, indexes, look_alikes, owner_rights, policies, position,
    rules, states, subscriptions, triggers,
};

use diesel_audit_model::quote::literal;
use diesel_audit_model::table::QualifiedName;

/// Sets the `search_path` of the queries for the transaction, and tells the one
/// of before.
pub const PIN_SEARCH_PATH: &str = "SELECT ARRAY[before.search_path, pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)]::pg_catalog.text[] AS cells \
     FROM (SELECT pg_catalog.current_setting('search_path') AS search_path OFFSET 0) AS before";

/// Gives the transaction the `search_path` of before again.
pub fn unpin_search_path(before: &str) -> String {
    format!(
        "SELECT ARRAY[pg_catalog.set_config('search_path', {}, true)]::pg_catalog.text[] AS cells",
        literal(before)
    )
}

/// Rows for a VALUES list; one that matches nothing if there are no names.
fn names<'a>(names: impl Iterator<Item = &'a QualifiedName>) -> String {
    let rows: Vec<String> = names
        .map(|name| format!("({}, {})", literal(&name.schema), literal(&name.name)))
        .collect();
    if rows.is_empty() {
        "(NULL::text, NULL::text)".to_owned()
    } else {
        rows.join(", ")
    }
}

fn array(items: &[&str], element: &str) -> String {
    let items: Vec<String> = items.iter().map(|item| literal(item)).collect();
    format!("ARRAY[{}]::{element}[]", items.join(", "))
}
