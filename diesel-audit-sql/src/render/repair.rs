//! The statements that put right what a verification finds, each with a final
//! line break. What is missing as a whole is created by the files that install
//! it.

use std::fmt::Display;

use super::{condition, function, settings};
use crate::core;
use crate::render::trigger::Trigger;
use diesel_audit_model::names::{AUDIT_COLUMNS, CORE_SCHEMA};
use diesel_audit_model::operation::RowOperation;
use diesel_audit_model::quote::{identifier, literal};
use diesel_audit_model::table::{AuditedTable, QualifiedName};

pub(crate) fn alter_table(table: &QualifiedName, action: &str) -> String {
    format!("ALTER TABLE {table} {action};\n")
}

pub(crate) fn alter_column(table: &QualifiedName, column: &str, action: &str) -> String {
    alter_table(
        table,
        &format!("ALTER COLUMN {} {action}", identifier(column)),
    )
}

pub(crate) fn add_column(table: &QualifiedName, column: &str, sql_type: &str) -> String {
    alter_table(
        table,
        &format!("ADD COLUMN {} {sql_type}", identifier(column)),
    )
}

/// Keeps what a column holds under another name, and begins a new one.
pub(crate) fn begin_column_anew(
    table: &AuditedTable,
    column: &str,
    aside: &str,
    sql_type: &str,
) -> String {
    let seals = match table.seal_table() {
        Some(seals) => format!(", seals => {}", literal(&seals.to_string())),
        None => String::new(),
    };
    format!(
        "SELECT {CORE_SCHEMA}.rename_column({}, {}, {}{seals});\n{}",
        literal(&table.audit.to_string()),
        literal(column),
        literal(aside),
        add_column(&table.audit, column, sql_type)
    )
}

/// Creates or replaces a trigger function, which nobody else may execute.
pub(crate) fn create_function(table: &AuditedTable, operation: RowOperation) -> String {
    let name = literal(&format!("{}()", table.function_of(operation)));
    function::create_one(table, operation) + &format!("SELECT {CORE_SCHEMA}.take_rights({name});\n")
}

/// Gives a column of the audit table the default that it has by the model, if any.
pub(crate) fn set_default(table: &AuditedTable, column: &str) -> String {
    let defaults = settings::defaults(table);
    let default = defaults.into_iter().find(|(name, _)| name == column);
    default.map_or_else(String::new, |(name, value)| {
        alter_column(&table.audit, &name, &format!("SET DEFAULT {value}"))
    })
}

/// Notes the state of the model, after its condition.
pub(crate) fn state(table: &AuditedTable) -> String {
    condition::create(table).unwrap_or_default()
        + &super::close(table, &literal(&table.source.to_string()))
}

/// Digests of before can be compared with new ones no more.
pub(crate) fn make_hash_key() -> String {
    format!("SELECT {CORE_SCHEMA}.make_hash_key();\n")
}

pub(crate) fn drop_constraint(table: &QualifiedName, name: &str) -> String {
    alter_table(table, &format!("DROP CONSTRAINT {}", identifier(name)))
}

pub(crate) fn drop_index(name: &QualifiedName) -> String {
    format!("DROP INDEX {name};\n")
}

pub(crate) fn drop_rule(table: &QualifiedName, name: &str) -> String {
    format!("DROP RULE {} ON {table};\n", identifier(name))
}

pub(crate) fn drop_trigger(table: &QualifiedName, name: &str) -> String {
    format!("DROP TRIGGER {} ON {table};\n", identifier(name))
}

/// A trigger that exists by another kind (a constraint's, say) cannot be
/// replaced.
pub(crate) fn create_trigger_anew(table: &QualifiedName, trigger: &Trigger) -> String {
    drop_trigger(table, &trigger.name) + &trigger.create(table)
}

pub(crate) fn rename_trigger(table: &QualifiedName, name: &str, to: &str) -> String {
    format!(
        "ALTER TRIGGER {} ON {table} RENAME TO {};\n",
        identifier(name),
        identifier(to)
    )
}

pub(crate) fn enable_always(table: &QualifiedName, trigger: &str) -> String {
    alter_table(
        table,
        &format!("ENABLE ALWAYS TRIGGER {}", identifier(trigger)),
    )
}

/// Fires for what is written here, and not for what a subscription brings.
pub(crate) fn enable_for_origin(table: &QualifiedName, trigger: &str) -> String {
    alter_table(table, &format!("ENABLE TRIGGER {}", identifier(trigger)))
}

pub(crate) fn default_partition(table: &QualifiedName, name: &QualifiedName) -> String {
    format!("CREATE TABLE {name} PARTITION OF {table} DEFAULT;\n")
}

/// The key of the model, kept unique by an index.
pub(crate) fn unique_key(table: &AuditedTable) -> String {
    format!(
        "CREATE UNIQUE INDEX ON {} ({});\n",
        table.source,
        key(table)
    )
}

/// The same constraint once more, checked row by row.
pub(crate) fn immediate_key(table: &AuditedTable, constraint: &str, primary: bool) -> String {
    let kind = if primary { "PRIMARY KEY" } else { "UNIQUE" };
    let name = identifier(constraint);
    alter_table(
        &table.source,
        &format!(
            "DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {kind} ({})",
            key(table)
        ),
    )
}

fn key(table: &AuditedTable) -> String {
    let key: Vec<String> = table
        .primary_key
        .iter()
        .map(|key| identifier(key))
        .collect();
    key.join(", ")
}

/// Takes the numbers of a table from the sequence of all of them.
pub(crate) fn number_by_core(table: &QualifiedName) -> String {
    let default = format!(
        "SET DEFAULT nextval({})",
        literal(&core::sequence().to_string())
    );
    alter_column(table, AUDIT_COLUMNS[0], "DROP IDENTITY IF EXISTS")
        + &alter_column(table, AUDIT_COLUMNS[0], &default)
}

pub(crate) fn primary_key(table: &QualifiedName) -> String {
    alter_table(table, &format!("ADD PRIMARY KEY ({})", AUDIT_COLUMNS[0]))
}

pub(crate) fn count_one_by_one(sequence: &QualifiedName) -> String {
    format!(
        "ALTER SEQUENCE {sequence} AS bigint INCREMENT 1 NO MINVALUE NO MAXVALUE CACHE 1 NO CYCLE;\n"
    )
}

/// Behind the last number that is taken.
pub(crate) fn move_identity(table: &QualifiedName, sequence: &QualifiedName) -> String {
    format!(
        "SELECT pg_catalog.setval({}, max({id})) FROM {table} HAVING max({id}) >= (SELECT last_value FROM {sequence});\n",
        literal(&sequence.to_string()),
        id = AUDIT_COLUMNS[0]
    )
}

pub(crate) fn owner(table: &QualifiedName, owner: &str) -> String {
    alter_table(table, &format!("OWNER TO {}", identifier(owner)))
}

pub(crate) fn function_owner(function: &QualifiedName, owner: &str) -> String {
    format!(
        "ALTER FUNCTION {function}() OWNER TO {};\n",
        identifier(owner)
    )
}

pub(crate) fn grant_insert(table: &QualifiedName, owner: &str) -> String {
    let owner = identifier(owner);
    format!(
        "GRANT USAGE ON SCHEMA {} TO {owner};\nGRANT INSERT ON TABLE {table} TO {owner};\n",
        identifier(&table.schema)
    )
}

/// `grantee` is SQL already: a quoted role or PUBLIC.
pub(crate) fn revoke(privilege: impl Display, on: impl Display, grantee: &str) -> String {
    format!("REVOKE {privilege} ON {on} FROM {grantee} CASCADE;\n")
}

pub(crate) fn leave_role(role: &str, member: &str) -> String {
    format!("REVOKE {} FROM {};\n", identifier(role), identifier(member))
}

/// A setting for every session of a role, of a database, of both or of the server.
pub(crate) fn reset(database: Option<&str>, role: Option<&str>, setting: &str) -> String {
    let of = match (database, role) {
        (Some(database), Some(role)) => format!(
            "ROLE {} IN DATABASE {}",
            identifier(role),
            identifier(database)
        ),
        (Some(database), None) => format!("DATABASE {}", identifier(database)),
        (None, Some(role)) => format!("ROLE {}", identifier(role)),
        (None, None) => "ROLE ALL".to_owned(),
    };
    format!("ALTER {of} RESET {};\n", parameter(setting))
}

/// A setting by its name.
pub(crate) fn parameter(name: &str) -> String {
    let parts: Vec<String> = name.split('.').map(identifier).collect();
    parts.join(".")
}

pub(crate) fn schema_owner(schema: &str, owner: &str) -> String {
    format!(
        "ALTER SCHEMA {} OWNER TO {};\n",
        identifier(schema),
        identifier(owner)
    )
}

pub(crate) fn grantee(name: &str, is_public: bool) -> String {
    if is_public {
        "PUBLIC".to_owned()
    } else {
        identifier(name)
    }
}

pub(crate) fn column_privilege(privilege: &str, column: Option<&str>) -> String {
    match column {
        Some(column) => format!("{privilege} ({})", identifier(column)),
        None => privilege.to_owned(),
    }
}
