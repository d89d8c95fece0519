//! The part of the trigger function that says which columns an update changed.

use crate::names;
use crate::quote::identifier;
use crate::sql::body::line;
use crate::table::{AuditedTable, Column, Recording};

/// The columns of which the audit row says whether they changed, each with the
/// variable that knows.
pub(super) fn flagged(table: &AuditedTable) -> impl Iterator<Item = (String, &Column)> {
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

/// A row that comes or goes has changed as a whole.
pub(super) fn declare(body: &mut String, table: &AuditedTable) {
    for (variable, _) in flagged(table) {
        line(body, 1, &format!("{variable} boolean := true;"));
    }
}

/// Compares once per row. Under another key a history begins, which has to hold
/// the value itself.
pub(super) fn compare(body: &mut String, table: &AuditedTable) {
    if !table.operations.update || flagged(table).next().is_none() {
        return;
    }
    line(body, 2, "IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN");
    for (variable, column) in flagged(table) {
        let key = table.primary_key.iter().map(|key| &**key);
        let names: Vec<&str> = match column.recording {
            Recording::OnChange => key.chain([&*column.name]).collect(),
            _ => vec![&*column.name],
        };
        line(body, 3, &format!("{variable} := {};", differs(&names)));
    }
    line(body, 2, "END IF;");
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
        format!("ROW({})::pg_catalog.record", fields.join(", "))
    };
    format!("{} OPERATOR(pg_catalog.*<>) {}", row("OLD"), row("NEW"))
}

/// The audit table's column for the variable.
pub(super) fn column(column: &Column) -> String {
    identifier(&names::changed_column(&column.name))
}
