//! The part of the trigger function that leaves changes out. It comes first:
//! what is not recorded needs no context.

use crate::quote::identifier;
use crate::sql::body::line;
use crate::table::{AuditedTable, Recording};

/// Nothing for a model that wants every change.
pub(super) fn leave_out(body: &mut String, table: &AuditedTable) {
    if table.skip_unchanged {
        skip_unchanged(body, table);
    }
}

/// In a statement of its own, since PostgreSQL prepares all of an expression
/// that it comes to, and an insert has no OLD to compare.
fn skip_unchanged(body: &mut String, table: &AuditedTable) {
    line(body, 1, "IF TG_OP OPERATOR(pg_catalog.=) 'UPDATE' THEN");
    line(
        body,
        2,
        &format!(
            "IF {} OPERATOR(pg_catalog.*=) {} THEN",
            recorded(table, "OLD"),
            recorded(table, "NEW")
        ),
    );
    line(body, 3, "RETURN NULL;");
    line(body, 2, "END IF;");
    line(body, 1, "END IF;");
}

/// What is recorded of a row, to be compared by its image: `=` of a type takes
/// different values for equal, and some types have none. Where everything is
/// recorded, that is the row itself, with the columns that nobody knows of yet.
fn recorded(table: &AuditedTable, row: &str) -> String {
    let mut columns = table.columns.iter();
    let is_whole = columns.all(|column| column.recording != Recording::Excluded);
    if is_whole && table.unlisted.is_empty() {
        return row.to_owned();
    }
    let fields: Vec<String> = table
        .recorded_columns()
        .map(|column| format!("{row}.{}", identifier(&column.name)))
        .collect();
    format!("ROW({})::pg_catalog.record", fields.join(", "))
}
