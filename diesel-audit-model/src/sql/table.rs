//! The audit table and its indexes.

use crate::names::{self, AUDIT_COLUMNS};
use crate::quote::{dollar, identifier, literal};
use crate::table::{AuditedTable, Column};

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
    let facts = table.record.iter().map(|fact| AuditColumn {
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
/// it is: whether it fits is for `fit` to say.
///
/// Nothing but our own columns is NOT NULL, and there is no further
/// constraint: what the source accepted, its history must be able to hold.
pub(super) fn create(table: &AuditedTable) -> String {
    let columns: Vec<String> = columns(table)
        .iter()
        .map(|column| {
            let constraint = match column.origin {
                Origin::Audit if column.name == AUDIT_COLUMNS[0] => {
                    " GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
                }
                Origin::Audit => " NOT NULL",
                Origin::Setting | Origin::Fact | Origin::Source | Origin::Mark => "",
            };
            format!(
                "    {} {}{constraint}",
                identifier(&column.name),
                column.sql_type
            )
        })
        .collect();
    format!(
        "{}CREATE TABLE IF NOT EXISTS {} (\n{}\n);\n\
         REVOKE ALL ON TABLE {} FROM PUBLIC;\n",
        create_schema(&table.audit.schema),
        table.audit,
        columns.join(",\n"),
        table.audit,
    )
}

/// `CREATE SCHEMA IF NOT EXISTS` asks for the right to create schemas also
/// where the schema is there.
pub(super) fn create_schema(schema: &str) -> String {
    let body = format!(
        "\nBEGIN\n    \
             IF pg_catalog.to_regnamespace({}) IS NULL THEN\n        \
                 CREATE SCHEMA {};\n    \
             END IF;\n\
         END\n",
        literal(&identifier(schema)),
        identifier(schema)
    );
    format!("DO {};\n", dollar(&body))
}

/// The index for the history of a row; nothing for a table without a key. A range
/// of time has none: an index on the time costs every write, and the planner takes it
/// for the histories of many keys, where it hurts. The time grows with `audit_id`.
pub(super) fn index(table: &AuditedTable) -> Option<String> {
    let key = table.primary_key.iter().map(|key| identifier(key));
    let key: Vec<String> = key.collect();
    (!key.is_empty()).then(|| {
        format!(
            "CREATE INDEX IF NOT EXISTS {} ON {} ({}, audit_id);\n",
            identifier(&names::key_index(&table.audit.name)),
            table.audit,
            key.join(", ")
        )
    })
}
