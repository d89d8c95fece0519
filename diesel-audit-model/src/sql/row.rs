//! The part of the trigger function that stores the row.

use crate::names::{self, AUDIT_COLUMNS};
use crate::quote::identifier;
use crate::sql::body::{line, raise};
use crate::sql::refusal::Refusal;
use crate::table::{AuditedTable, SessionFact};

/// The values of the audit columns behind the letter, but for the last one.
pub(super) const OWN_VALUES: &str =
    "pg_catalog.clock_timestamp(), pg_catalog.now(), pg_catalog.txid_current(), session_user";

/// The role in effect. In a definer function `current_user` is the function's
/// owner.
pub(super) const ROLE: &str = "CASE WHEN pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none' \
     THEN session_user ELSE pg_catalog.current_setting('role') END";

/// One row for a change, but two for a change of the key.
pub(super) fn store(body: &mut String, table: &AuditedTable) {
    line(body, 1, "IF TG_OP OPERATOR(pg_catalog.=) 'TRUNCATE' THEN");
    insert(body, 2, table, "'T'", None);
    line(body, 1, "ELSE");
    let gone = "TG_OP OPERATOR(pg_catalog.=) 'DELETE'";
    match key_changed(table) {
        Some(changed) => {
            line(
                body,
                2,
                "-- A key that changes ends: the row under the old key is gone.",
            );
            line(body, 2, &format!("IF {gone}"));
            line(
                body,
                3,
                &format!("OR TG_OP OPERATOR(pg_catalog.=) 'UPDATE' AND {changed} THEN"),
            );
        }
        None => line(body, 2, &format!("IF {gone} THEN")),
    }
    insert(body, 3, table, "'D'", Some("OLD"));
    line(body, 2, "END IF;");
    line(body, 2, "IF TG_OP OPERATOR(pg_catalog.<>) 'DELETE' THEN");
    insert(body, 3, table, "pg_catalog.left(TG_OP, 1)", Some("NEW"));
    line(body, 2, "END IF;");
    line(body, 1, "END IF;");
}

/// Compared by image, which every type can do; `=` of a type may take
/// different values for equal, and may be anybody's operator.
fn key_changed(table: &AuditedTable) -> Option<String> {
    let row = |record: &str| {
        let fields: Vec<String> = table
            .primary_key
            .iter()
            .map(|key| format!("{record}.{}", identifier(key)))
            .collect();
        format!("ROW({})::pg_catalog.record", fields.join(", "))
    };
    (!table.primary_key.is_empty())
        .then(|| format!("{} OPERATOR(pg_catalog.*<>) {}", row("OLD"), row("NEW")))
}

fn insert(body: &mut String, depth: usize, table: &AuditedTable, letter: &str, row: Option<&str>) {
    let mut columns: Vec<String> = AUDIT_COLUMNS[1..].iter().map(ToString::to_string).collect();
    let mut settings = Vec::new();
    for fact in &table.record {
        columns.push(identifier(fact.column()));
        settings.push(fact_value(*fact).to_owned());
    }
    for (n, setting) in table.settings.iter().enumerate() {
        columns.push(identifier(&names::setting_column(&setting.name)));
        let variable = if setting.sql_type.is_text() {
            "setting"
        } else {
            "typed"
        };
        settings.push(format!("{variable}_{n}"));
    }
    let mut fields = Vec::new();
    for column in row.iter().flat_map(|_| table.recorded_columns()) {
        columns.push(identifier(&column.name));
        fields.push(identifier(&column.name));
    }
    line(
        body,
        depth,
        &format!("INSERT INTO {} ({})", table.audit, columns.join(", ")),
    );
    match row.filter(|_| !fields.is_empty()) {
        None => line(body, depth, &format!("VALUES ({letter},")),
        Some(row) => {
            line(
                body,
                depth,
                "-- Constant, so decided when the statement is planned: both sides have the same types.",
            );
            line(body, depth, "VALUES (CASE WHEN ROW(");
            line(body, depth + 2, &types_of_row(&fields, row));
            line(
                body,
                depth + 1,
                ")::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(",
            );
            line(body, depth + 2, &types_of_history(&fields, table));
            line(
                body,
                depth + 1,
                &format!(")::pg_catalog.record THEN {letter} END,"),
            );
        }
    }
    line(body, depth + 1, &format!("{OWN_VALUES},"));
    let mut values = vec![ROLE.to_owned()];
    values.extend(settings);
    if let Some(row) = row {
        values.extend(fields.iter().map(|field| format!("{row}.{field}")));
    }
    line(body, depth + 1, &format!("{});", values.join(", ")));
    check_stored(body, depth, table);
}

/// What a fact is at the time of the change.
pub(super) fn fact_value(fact: SessionFact) -> &'static str {
    match fact {
        SessionFact::ApplicationName => "pg_catalog.current_setting('application_name', true)",
        SessionFact::ClientAddr => "pg_catalog.inet_client_addr()",
        SessionFact::BackendPid => "pg_catalog.pg_backend_pid()",
        // Each row of a statement has all of it, so a long one would be too dear.
        SessionFact::Query => "pg_catalog.left(pg_catalog.current_query(), 8192)",
    }
}

/// A rule or a trigger on the audit table could have swallowed the row.
fn check_stored(body: &mut String, depth: usize, table: &AuditedTable) {
    line(body, depth, "IF NOT FOUND THEN");
    raise(
        body,
        depth + 1,
        table,
        Refusal::RowNotStored,
        None,
        &format!(
            "the audit row of {} was not stored in {}",
            table.source, table.audit
        ),
        "A rule or a trigger on the audit table stands in the way.",
    );
    line(body, depth, "END IF;");
}

/// The letter, if the row has the types of the audit table; an error otherwise.
pub(super) fn letter_of_same_types(table: &AuditedTable, row: &str, letter: &str) -> String {
    let fields: Vec<String> = table
        .recorded_columns()
        .map(|column| identifier(&column.name))
        .collect();
    if fields.is_empty() {
        return letter.to_owned();
    }
    format!(
        "CASE WHEN ROW({})::pg_catalog.record OPERATOR(pg_catalog.*=) ROW({})::pg_catalog.record THEN {letter} END",
        types_of_row(&fields, row),
        types_of_history(&fields, table)
    )
}

/// One side of the condition that stands before each row: an assignment
/// converts a value whose column has another type than before, and could lose
/// some of it without an error, where `*=` raises one. A CASE without ELSE has
/// the base type of a domain.
fn types_of_row(fields: &[String], row: &str) -> String {
    listed(fields, |field| {
        format!("CASE WHEN false THEN {row}.{field} END")
    })
}

fn types_of_history(fields: &[String], table: &AuditedTable) -> String {
    listed(fields, |field| format!("(NULL::{}).{field}", table.audit))
}

fn listed(fields: &[String], each: impl Fn(&String) -> String) -> String {
    let items: Vec<String> = fields.iter().map(each).collect();
    items.join(", ")
}
