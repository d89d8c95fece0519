//! The part of the trigger function that stores the row.

use crate::names::{self, AUDIT_COLUMNS};
use crate::quote::identifier;
use crate::sql::body::{line, raise};
use crate::sql::refusal::Refusal;
use crate::sql::{changed, digest, hash_key};
use crate::table::{AuditedTable, Column, Recording, SessionFact};

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
    changed::compare(body, table);
    read_key(body, table);
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

fn key_changed(table: &AuditedTable) -> Option<String> {
    let key: Vec<&str> = table.primary_key.iter().map(|key| &**key).collect();
    (!key.is_empty()).then(|| changed::differs(&key))
}

/// The variables that the rows are made of.
pub(super) fn declare(body: &mut String, table: &AuditedTable) {
    changed::declare(body, table);
    if digest::is_recorded(table) {
        line(body, 1, "inner_pad bytea;");
        line(body, 1, "outer_pad bytea;");
    }
}

/// A digest by no key would be taken for one that nobody can compare.
fn read_key(body: &mut String, table: &AuditedTable) {
    if !digest::is_recorded(table) {
        return;
    }
    let key = hash_key::name(table);
    line(
        body,
        2,
        &format!(
            "SELECT key.inner_pad, key.outer_pad INTO inner_pad, outer_pad FROM {key} AS key;"
        ),
    );
    line(body, 2, "IF NOT FOUND THEN");
    raise(
        body,
        3,
        table,
        Refusal::RowNotStored,
        None,
        &hash_key::missing(table),
        "Install the audit again, or run the transaction again if it is older than the audit.",
    );
    line(body, 2, "END IF;");
}

/// What an audit row holds of a column of the source.
pub(super) struct Stored {
    /// The audit table's column, quoted.
    pub(super) column: String,
    pub(super) value: String,
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
    let fields = values_of(table);
    let mut of_source = Vec::new();
    for (row, column) in row
        .iter()
        .flat_map(|row| table.recorded_columns().map(move |c| (row, c)))
    {
        let variable = changed::variable(table, &column.name);
        let flag = match variable {
            Some(variable) if *row == "NEW" => variable,
            _ => ALWAYS.to_owned(),
        };
        for stored in stored(column, row, &flag, ("inner_pad", "outer_pad")) {
            columns.push(stored.column);
            of_source.push(stored.value);
        }
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
    values.extend(of_source);
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
    let fields = values_of(table);
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
