//! Checks at install that source and audit table fit each other, and gives
//! the audit table what it lacks.

use std::collections::BTreeSet;

use super::body::wrapped;
use super::table::{Origin, columns};
use crate::evolution::Change;
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::policy::Operations;
use diesel_audit_model::quote::{array, literal};
use diesel_audit_model::table::{AuditedTable, Recording};

/// What source and audit table have to be like.
pub(super) struct Fit<'a> {
    table: &'a AuditedTable,
    /// An expression for the source table, as text.
    source: String,
    /// Columns of the source that are being changed: it may have them as they
    /// were or as they will be.
    concerned: BTreeSet<&'a str>,
    /// Whether the audit table may be append-only.
    append_only: bool,
}

impl<'a> Fit<'a> {
    /// Exactly as described.
    pub(super) fn strict(table: &'a AuditedTable) -> Fit<'a> {
        Fit {
            table,
            source: literal(&table.source.to_string()),
            concerned: BTreeSet::new(),
            append_only: table.policy.append_only,
        }
    }

    /// As described, but for what the change is about.
    pub(super) fn of_change(change: &'a Change) -> Fit<'a> {
        Fit {
            table: &change.new.table,
            source: super::change::source(change),
            concerned: change.concerned(),
            append_only: change.old.table.policy.append_only || change.new.table.policy.append_only,
        }
    }

    /// What the source may have and the audit table need not: also what it had
    /// before the change.
    fn excluded(&self) -> Vec<&str> {
        let is_recorded = |name: &str| self.table.recorded_columns().any(|c| c.name == name);
        let columns = self.table.columns.iter();
        let excluded = columns.filter(|column| column.recording == Recording::Excluded);
        let excluded = excluded.map(|column| &column.name);
        let mut excluded: Vec<&str> = excluded
            .chain(&self.table.unlisted)
            .map(|name| &**name)
            .collect();
        for name in &self.concerned {
            if !is_recorded(name) && !excluded.contains(name) {
                excluded.push(name);
            }
        }
        excluded
    }

    /// The types of columns whose source may still have, or have again, another
    /// one. What Diesel calls text may be several types, of which the source has
    /// one all the time.
    fn changing(&self) -> Vec<(String, Option<String>)> {
        let columns = self.table.recorded_columns();
        let changing = columns.filter(|column| self.concerned.contains(&*column.name));
        let types = changing.map(|column| {
            let is_text = &*column.sql_type.name == "text";
            let described = (!is_text).then(|| column.sql_type.to_string());
            (column.name.to_string(), described)
        });
        types.collect()
    }
}

/// A call of the core that refuses what could lose or block a row, before any
/// trigger is there, and brings an audit table from before up to date.
///
/// Diesel has one type for what PostgreSQL has several for: `Text` stands for
/// `text`, `varchar`, `char(n)` and domains over them. Only the catalog knows
/// which it is, so a new audit table takes the type from there: the base type
/// of a domain (a constraint that comes later must not refuse old rows), and
/// no length or precision (a change of it must not cut new ones).
pub(super) fn check(fit: &Fit<'_>) -> String {
    let table = fit.table;
    let names = |of: &dyn Fn(&Recording) -> bool| -> Vec<&str> {
        let columns = table.recorded_columns().filter(|c| of(&c.recording));
        columns.map(|column| &*column.name).collect()
    };
    let stored = names(&|recording| recording.stores_value());
    let marked = names(&|recording| !recording.stores_value());
    let ours: Vec<(String, Option<String>)> = columns(table)
        .into_iter()
        .filter(|column| matches!(column.origin, Origin::Setting | Origin::Fact | Origin::Mark))
        .map(|column| (column.name, Some(column.sql_type)))
        .collect();
    let mut arguments = vec![
        fit.source.clone(),
        literal(&table.audit.to_string()),
        array(&stored),
    ];
    let named = [
        ("ours", (!ours.is_empty()).then(|| object(&ours))),
        ("marked", list(&marked)),
        ("excluded", list(&fit.excluded())),
        ("changing", {
            let changing = fit.changing();
            (!changing.is_empty()).then(|| object(&changing))
        }),
        (
            "splits_moves",
            splits_moves(table).then(|| "true".to_owned()),
        ),
        ("append_only", fit.append_only.then(|| "true".to_owned())),
    ];
    for (name, value) in named {
        arguments.extend(value.map(|value| format!("{name} => {value}")));
    }
    wrapped(1, &format!("SELECT {CORE_SCHEMA}.fit("), &arguments, ");\n")
}

/// Whether some operations on rows are recorded and others are not: an UPDATE that moves
/// a row to another partition fires the triggers of DELETE and INSERT.
///
/// <https://www.postgresql.org/docs/current/trigger-definition.html>
fn splits_moves(table: &AuditedTable) -> bool {
    let Operations {
        insert,
        update,
        delete,
        truncate: _,
    } = table.policy.operations;
    let all = [insert, update, delete];
    all.contains(&true) && all.contains(&false)
}

fn list(names: &[&str]) -> Option<String> {
    (!names.is_empty()).then(|| array(names))
}

/// A JSON object of texts, as a literal.
fn object(fields: &[(String, Option<String>)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            let value = value.as_deref().map_or_else(|| "null".to_owned(), json);
            format!("{}: {value}", json(name))
        })
        .collect();
    literal(&format!("{{{}}}", fields.join(", ")))
}

/// <https://www.rfc-editor.org/rfc/rfc8259#section-7>
fn json(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
