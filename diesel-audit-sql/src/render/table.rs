//! The audit table.

use diesel_audit_model::names::{self, AUDIT_COLUMNS, CORE_SCHEMA, ENDED, REPLACES, VERSION};
use diesel_audit_model::quote::{identifier, literal};
use diesel_audit_model::table::{AuditedTable, Column};

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
    let own = own.chain([(REPLACES, "tid"), (VERSION, "tid"), (ENDED, "cid")]);
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
