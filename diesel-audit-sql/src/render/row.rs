//! The audit row of a change, as an INSERT.

use super::body::{wrapped, wrapped_by};
use super::{changed, digest, settings};
use diesel_audit_model::names::{self, CORE_SCHEMA, ENDED, REPLACES, VERSION};
use diesel_audit_model::quote::identifier;
use diesel_audit_model::table::{AuditedTable, Column, QualifiedName, Recording};

/// The statement that stores one audit row of the source's row `row`, with this
/// letter, at this depth of a function's body. Everything that the context has to be stands in its WHERE, so that
/// a change of which that does not hold has no audit row; what the columns of the
/// settings get are their defaults.
///
/// It is planned with the types of both tables, and a condition on constants lets
/// the planner compare them: an assignment converts a value whose column has
/// another type than before, and could lose some of it without an error.
pub(super) fn insert(
    depth: usize,
    table: &AuditedTable,
    letter: &str,
    row: &str,
    checks_types: bool,
) -> String {
    let mut columns = vec!["audit_operation".to_owned()];
    let mut values = Vec::new();
    if row == "OLD" || letter == "'U'" {
        columns.push(REPLACES.to_owned());
        values.push(format!("{CORE_SCHEMA}.own(OLD.xmin, OLD.ctid)"));
    }
    if row == "NEW" {
        columns.push(VERSION.to_owned());
        values.push("NEW.ctid".to_owned());
    }
    if row == "OLD" {
        columns.push(ENDED.to_owned());
        values.push("OLD.cmax".to_owned());
    }
    for stored in of_source(table, row, letter == "'U'") {
        columns.push(stored.column);
        values.push(stored.value);
    }
    let indent = |more: usize| " ".repeat((depth + more) * 4);
    let mut sql = wrapped(
        depth + 1,
        &format!("{}INSERT INTO {} (", indent(0), table.audit),
        &columns,
        ")\n",
    );
    let fields = values_of(table);
    if checks_types && !fields.is_empty() {
        let select = format!(
            "{}SELECT CASE WHEN pg_catalog.record_image_eq(ROW(",
            indent(0)
        );
        sql.push_str(&wrapped(
            depth + 3,
            &select,
            &types_of_row(&fields, row),
            "),\n",
        ));
        let of_history = types_of_history(&fields, table);
        let then = format!(")) THEN {letter} END");
        sql.push_str(&wrapped(
            depth + 3,
            &format!("{}ROW(", indent(2)),
            &of_history,
            &then,
        ));
        if !values.is_empty() {
            sql.push_str(",\n");
            sql.push_str(&wrapped(depth + 1, &indent(1), &values, ""));
        }
    } else {
        let mut all = vec![letter.to_owned()];
        all.append(&mut values);
        sql.push_str(&wrapped(
            depth + 1,
            &format!("{}SELECT ", indent(0)),
            &all,
            "",
        ));
    }
    let conditions = settings::conditions(table);
    if !conditions.is_empty() {
        let where_ = format!("\n{}WHERE ", indent(0));
        sql.push_str(&wrapped_by(" AND", depth + 1, &where_, &conditions, ""));
    }
    sql.push_str(";\n");
    sql
}

/// What an audit row holds of a column of the source.
pub(super) struct Stored {
    /// The audit table's column, quoted.
    pub(super) column: String,
    pub(super) value: String,
}

/// All that is stored of the source's row `row`, NEW or OLD.
fn of_source<'a>(
    table: &'a AuditedTable,
    row: &'a str,
    is_update: bool,
) -> impl Iterator<Item = Stored> + 'a {
    table.recorded_columns().flat_map(move |column| {
        let flag = match changed::variable(table, &column.name) {
            Some(variable) if is_update => variable,
            _ => ALWAYS.to_owned(),
        };
        stored(column, row, &flag, (digest::INNER, digest::OUTER))
    })
}

/// The columns of the audit table for one of the source, whose row is `row`.
/// `flag` says whether it changed, where that is recorded.
pub(super) fn stored(column: &Column, row: &str, flag: &str, pads: (&str, &str)) -> Vec<Stored> {
    let field = format!("{row}.{}", identifier(&column.name));
    let store = |column: String, value: String| Stored { column, value };
    let changed = || store(changed::column(column), flag.to_owned());
    let name = identifier(&column.name);
    match column.recording {
        Recording::Excluded => Vec::new(),
        Recording::Value => vec![store(name, field)],
        Recording::Redact => vec![changed()],
        Recording::Hash => vec![store(
            identifier(&names::hash_column(&column.name)),
            digest::of(&field, pads.0, pads.1),
        )],
        Recording::OnChange if flag == ALWAYS => vec![store(name, field), changed()],
        Recording::OnChange => {
            let kept = format!("CASE WHEN {flag} THEN {field} END");
            vec![store(name, kept), changed()]
        }
    }
}

/// The flag of a row that comes or goes.
pub(super) const ALWAYS: &str = "true";

/// The columns whose values are stored, quoted.
fn values_of(table: &AuditedTable) -> Vec<String> {
    let columns = table.recorded_columns();
    let columns = columns.filter(|column| column.recording.stores_value());
    columns.map(|column| identifier(&column.name)).collect()
}

/// The letter, if the row has the types of the audit table; an error otherwise.
pub(super) fn letter_of_same_types(table: &AuditedTable, row: &str, letter: &str) -> String {
    let fields = values_of(table);
    if fields.is_empty() {
        return letter.to_owned();
    }
    format!(
        "CASE WHEN pg_catalog.record_image_eq(ROW({}), ROW({})) THEN {letter} END",
        types_of_row(&fields, row).join(", "),
        types_of_history(&fields, table).join(", ")
    )
}

/// A CASE without ELSE has the base type of a domain.
fn types_of_row(fields: &[String], row: &str) -> Vec<String> {
    let each = |field: &String| format!("CASE WHEN false THEN {row}.{field} END");
    fields.iter().map(each).collect()
}

fn types_of_history(fields: &[String], table: &AuditedTable) -> Vec<String> {
    let each = |field: &String| format!("(NULL::{}).{field}", table.audit);
    fields.iter().map(each).collect()
}

/// The audit table and columns as a literal argument needs them.
pub(super) fn argument(name: &QualifiedName) -> String {
    diesel_audit_model::quote::literal(&name.to_string())
}
