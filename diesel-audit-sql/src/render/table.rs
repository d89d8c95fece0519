//! The audit table and its indexes.

use std::fmt::Write;

use crate::evolution::stored_by_change;
use diesel_audit_model::names::{self, AUDIT_COLUMNS, CORE_SCHEMA, REPLACES};
use diesel_audit_model::quote::{identifier, literal};
use diesel_audit_model::table::{AuditedTable, Column, QualifiedName};

/// The types of [`AUDIT_COLUMNS`].
const AUDIT_TYPES: [&str; AUDIT_COLUMNS.len()] = [
    "bigint",
    "text",
    "timestamp with time zone",
    "timestamp with time zone",
    "bigint",
    "text",
    "text",
];

/// A column of the audit table.
pub(crate) struct AuditColumn {
    pub(crate) name: String,
    /// The type as SQL.
    pub(crate) sql_type: String,
    pub(crate) origin: Origin,
}

/// Why the audit table has a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Every audit table has it.
    Audit,
    /// It holds a session setting.
    Setting,
    /// It holds a fact about the session.
    Fact,
    /// It holds a column of the source.
    Source,
    /// It holds something about a column of the source, and not its value.
    Mark,
}

/// All columns, in order.
pub(crate) fn columns(table: &AuditedTable) -> Vec<AuditColumn> {
    let own = AUDIT_COLUMNS.into_iter().zip(AUDIT_TYPES);
    let own = own.chain([(REPLACES, "tid")]);
    let own = own.map(|(name, sql_type)| AuditColumn {
        name: name.to_owned(),
        sql_type: sql_type.to_owned(),
        origin: Origin::Audit,
    });
    let settings = table.settings.iter().map(|setting| AuditColumn {
        name: names::setting_column(&setting.name),
        sql_type: setting.sql_type.to_string(),
        origin: Origin::Setting,
    });
    let facts = table.policy.record.iter().map(|fact| AuditColumn {
        name: fact.column().to_owned(),
        sql_type: fact.sql_type().to_string(),
        origin: Origin::Fact,
    });
    let stored = table.recorded_columns().flat_map(Column::stored);
    let source = stored.map(|stored| AuditColumn {
        name: stored.name.into_owned(),
        sql_type: stored.sql_type.to_string(),
        origin: if stored.is_value {
            Origin::Source
        } else {
            Origin::Mark
        },
    });
    own.chain(facts).chain(settings).chain(source).collect()
}

/// Creates what is missing. An audit table that is there from before stays as
/// it is: whether it fits is for `fit` to say, which also gives a column the exact
/// type of the source.
///
/// Nothing but our own columns is NOT NULL, and there is no further
/// constraint: what the source accepted, its history must be able to hold.
pub(super) fn create(table: &AuditedTable) -> String {
    let mut lines = vec![format!("    LIKE {CORE_SCHEMA}.entry INCLUDING ALL")];
    for column in columns(table) {
        if column.origin != Origin::Audit {
            lines.push(format!(
                "    {} {}",
                identifier(&column.name),
                column.sql_type
            ));
        }
    }
    format!(
        "{}CREATE TABLE IF NOT EXISTS {} (\n{}\n);\n",
        make_schema(&table.audit.schema),
        table.audit,
        lines.join(",\n"),
    )
}

pub(super) fn make_schema(schema: &str) -> String {
    format!("SELECT {CORE_SCHEMA}.make_schema({});\n", literal(schema))
}

/// One index for the history of a row, and one for each column that is stored by
/// its change, to find the value that holds; those that `had` has are there.
pub(super) fn indexes(table: &AuditedTable, had: Option<&AuditedTable>) -> String {
    let Some(key) = key(table) else {
        return String::new();
    };
    let audit = &table.audit;
    let mut sql = String::new();
    if had.is_none() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            sql,
            "CREATE INDEX IF NOT EXISTS {} ON {audit} ({key});",
            identifier(&names::key_index(&audit.name)),
        );
    }
    let is_there = |column: &str| had.is_some_and(|had| stored_by_change(had).any(|c| c == column));
    for column in stored_by_change(table).filter(|column| !is_there(column)) {
        let _ = writeln!(
            sql,
            "CREATE INDEX IF NOT EXISTS {} ON {audit} ({key})\n    WHERE {} IS DISTINCT FROM false;",
            identifier(&names::value_index(&audit.name, column)),
            identifier(&names::changed_column(column)),
        );
    }
    sql
}

/// The columns of the indexes; nothing for a table without a key.
fn key(table: &AuditedTable) -> Option<String> {
    let key = table.primary_key.iter().map(|key| identifier(key));
    let mut key: Vec<String> = key.collect();
    if key.is_empty() {
        return None;
    }
    key.push(AUDIT_COLUMNS[0].to_owned());
    Some(key.join(", "))
}

/// Drops the indexes of the audit table that is there, but for those that `stays` has.
pub(super) fn drop_indexes(
    table: &AuditedTable,
    audit: &QualifiedName,
    stays: Option<&AuditedTable>,
) -> String {
    let key = stays.is_none().then(|| names::key_index(&audit.name));
    let is_kept =
        |column: &str| stays.is_some_and(|stays| stored_by_change(stays).any(|c| c == column));
    let values = stored_by_change(table)
        .filter(|column| !is_kept(column))
        .map(|column| names::value_index(&audit.name, column));
    let index = |name| QualifiedName::new(audit.schema.clone(), name);
    key.into_iter()
        .chain(values)
        .map(|name| format!("DROP INDEX IF EXISTS {};\n", index(name)))
        .collect()
}
