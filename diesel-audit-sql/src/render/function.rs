//! The trigger functions, one for each operation on rows.

use super::body::line;
use super::formats::assigned;
use super::row::{self, argument};
use super::{changed, digest};
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::operation::RowOperation;
use diesel_audit_model::quote::{dollar, identifier, literal};
use diesel_audit_model::table::{AuditedTable, Recording};

/// Creates or replaces them all.
pub(crate) fn create(table: &AuditedTable) -> String {
    table
        .row_operations()
        .map(|operation| create_one(table, operation))
        .collect()
}

/// Creates or replaces one.
///
/// It runs with the rights of its owner, so that the application needs none on
/// the audit table, and under the `search_path` of the writer. So every name in
/// it that is not of SQL's grammar carries its schema, and it has no operators:
/// what it calls in the core was resolved when that was created. To pin the path
/// would cost about a tenth of a write (docs/performance.md).
///
/// <https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY>
pub(crate) fn create_one(table: &AuditedTable, operation: RowOperation) -> String {
    let options: String = settings_of(table)
        .iter()
        .map(|(setting, value)| format!("\n    SET {}", assigned(setting, value)))
        .collect();
    let gap = if options.is_empty() { " " } else { "\n" };
    format!(
        "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER{options}{gap}AS {};\n",
        table.function_of(operation),
        dollar(&body(table, operation))
    )
}

/// The settings of the functions, as the catalog has them: a line for each.
pub(crate) fn settings(table: &AuditedTable) -> String {
    let settings: Vec<String> = settings_of(table)
        .iter()
        .map(|(setting, value)| format!("{setting}={value}"))
        .collect();
    settings.join("\n")
}

/// Digests are made of texts, which depend on settings of the session.
fn settings_of(table: &AuditedTable) -> &'static [(&'static str, &'static str)] {
    digest::formats(table)
}

/// The text of a function, as `pg_proc.prosrc` has it.
pub(crate) fn body(table: &AuditedTable, operation: RowOperation) -> String {
    let mut body = String::from("\n");
    let is_update = operation == RowOperation::Update;
    let mut variables = String::new();
    if is_update {
        changed::declare(&mut variables, table);
    }
    digest::declare(&mut variables, table);
    if !variables.is_empty() {
        body.push_str("DECLARE\n");
        body.push_str(&variables);
    }
    body.push_str("BEGIN\n");
    if is_update && table.policy.skip_unchanged {
        skip_unchanged(&mut body, table);
    }
    digest::read_key(&mut body, table);
    if is_update && !table.primary_key.is_empty() {
        end_of_key(&mut body, table);
    }
    let letter = literal(operation.recorded_as().letter());
    body.push_str(&row::insert(1, table, &letter, operation.row(), true));
    settle(&mut body, 1, table, operation);
    body.push_str("    RETURN NULL;\nEND ");
    body
}

/// Drops them, whichever operations are recorded.
pub(super) fn drop(table: &AuditedTable) -> String {
    let names = RowOperation::ALL.map(|operation| table.function_of(operation));
    let functions = names.map(|name| format!("DROP FUNCTION IF EXISTS {name}();\n"));
    functions.concat()
}

/// An update under another key has two audit rows.
fn end_of_key(body: &mut String, table: &AuditedTable) {
    let key: Vec<&str> = table.primary_key.iter().map(|key| &**key).collect();
    line(
        body,
        1,
        "-- A key that changes ends: the row under the old key is gone.",
    );
    line(body, 1, &format!("IF {} THEN", changed::differs(&key)));
    body.push_str(&row::insert(2, table, "'D'", "OLD", false));
    line(
        body,
        2,
        &format!(
            "PERFORM {CORE_SCHEMA}.settle_end({}, FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);",
            argument(&table.audit)
        ),
    );
    line(body, 1, "END IF;");
}

/// What has to be looked at after the row: whether it is there, and whether a
/// statement inside of this one was recorded before it.
fn settle(body: &mut String, depth: usize, table: &AuditedTable, operation: RowOperation) {
    let audit = argument(&table.audit);
    let has_order = !table.primary_key.is_empty();
    let (condition, call) = match operation {
        RowOperation::Delete => (
            "has_written(TG_RELID)",
            format!("settle_end({audit}, FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax)"),
        ),
        _ => (
            "is_touched(NEW.xmax)",
            format!("settle({audit}, FOUND, TG_RELID, NEW.ctid)"),
        ),
    };
    if has_order {
        line(
            body,
            depth,
            &format!("IF NOT FOUND OR {CORE_SCHEMA}.{condition} THEN"),
        );
        line(body, depth + 1, &format!("PERFORM {CORE_SCHEMA}.{call};"));
    } else {
        line(body, depth, "IF NOT FOUND THEN");
        line(
            body,
            depth + 1,
            &format!("PERFORM {CORE_SCHEMA}.refuse_write({audit});"),
        );
    }
    line(body, depth, "END IF;");
}

fn skip_unchanged(body: &mut String, table: &AuditedTable) {
    line(
        body,
        1,
        &format!(
            "IF pg_catalog.record_image_eq({}, {}) THEN",
            recorded(table, "OLD"),
            recorded(table, "NEW")
        ),
    );
    if !table.primary_key.is_empty() {
        let call =
            format!("PERFORM {CORE_SCHEMA}.pass_over(TG_RELID, OLD.xmin, OLD.ctid, NEW.ctid);");
        line(body, 2, &call);
    }
    line(body, 2, "RETURN NULL;");
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
    format!("ROW({})", fields.join(", "))
}
