//! The part of the trigger function that leaves changes out. It comes first:
//! what is not recorded needs no context.

use crate::quote::identifier;
use crate::sql::body::{line, raise};
use crate::sql::refusal::Refusal;
use crate::table::{AuditedTable, Column, Recording};

/// Nothing for a model that wants every change.
pub(super) fn leave_out(body: &mut String, table: &AuditedTable) {
    if table.skip_unchanged {
        skip_unchanged(body, table);
    }
    if let Some(condition) = &table.when {
        leave_out_where_false(body, table, condition);
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

/// A change is recorded where the condition is NULL: an audit fails towards
/// recording. An error of PostgreSQL's tells values, and those of some columns
/// are not to be told.
fn leave_out_where_false(body: &mut String, table: &AuditedTable, condition: &str) {
    let mut recorded = table.recorded_columns();
    let is_secret =
        |column: &Column| matches!(column.recording, Recording::Redact | Recording::Hash);
    let has_secrets = recorded.any(is_secret);
    line(body, 1, "IF TG_OP OPERATOR(pg_catalog.<>) 'TRUNCATE' THEN");
    if has_secrets {
        line(body, 2, "BEGIN");
    }
    let depth = if has_secrets { 3 } else { 2 };
    line(body, depth, "IF (");
    body.push_str(condition);
    body.push('\n');
    line(body, depth, ") IS FALSE THEN");
    line(body, depth + 1, "RETURN NULL;");
    line(body, depth, "END IF;");
    if has_secrets {
        line(body, 2, "EXCEPTION WHEN OTHERS THEN");
        raise(
            body,
            3,
            table,
            Refusal::RowNotStored,
            None,
            &format!(
                "`when` of the audit of {} cannot be computed for this change",
                table.source
            ),
            "Write it so that it has an answer for every row; the error is not shown, since it could tell a value.",
        );
        line(body, 2, "END;");
    }
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
