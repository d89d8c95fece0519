//! The part of a trigger function that says which columns an update changed.

use super::body::line;
use diesel_audit_model::names;
use diesel_audit_model::quote::identifier;
use diesel_audit_model::table::{AuditedTable, Column, Recording};

/// The columns of which the audit row says whether they changed, each with the
/// variable that knows.
fn flagged(table: &AuditedTable) -> impl Iterator<Item = (String, &Column)> {
    let columns = table
        .recorded_columns()
        .filter(|column| matches!(column.recording, Recording::Redact | Recording::OnChange));
    columns
        .enumerate()
        .map(|(n, column)| (format!("changed_{n}"), column))
}

/// The variable of a column.
pub(super) fn variable(table: &AuditedTable, name: &str) -> Option<String> {
    flagged(table)
        .find(|(_, column)| column.name == name)
        .map(|(variable, _)| variable)
}

/// Compares once per row, in the function of UPDATE: a row that comes or goes has
/// changed as a whole. Under another key a history begins, which has to hold the
/// value itself.
pub(super) fn declare(body: &mut String, table: &AuditedTable) {
    for (variable, column) in flagged(table) {
        let key = table.primary_key.iter().map(|key| &**key);
        let names: Vec<&str> = match column.recording {
            Recording::OnChange => key.chain([&*column.name]).collect(),
            _ => vec![&*column.name],
        };
        line(
            body,
            1,
            &format!("{variable} boolean := {};", differs(&names)),
        );
    }
}

/// Whether an update changes one of these columns. Compared by image, which
/// every type can do; `=` of a type may take different values for equal, and may
/// be anybody's operator.
pub(super) fn differs(columns: &[&str]) -> String {
    let row = |record: &str| {
        let fields: Vec<String> = columns
            .iter()
            .map(|column| format!("{record}.{}", identifier(column)))
            .collect();
        format!("ROW({})", fields.join(", "))
    };
    format!("pg_catalog.record_image_ne({}, {})", row("OLD"), row("NEW"))
}

/// The audit table's column for the variable.
pub(super) fn column(column: &Column) -> String {
    identifier(&names::changed_column(&column.name))
}
