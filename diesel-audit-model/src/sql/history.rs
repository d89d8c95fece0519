//! What becomes of the audit table of a table that is audited no more.

use crate::quote::{dollar, identifier, literal};
use crate::sql::block::pinned;
use crate::sql::{append_only, hash_key, seals};
use crate::table::AuditedTable;

/// Keeps it, unless it holds nothing: an empty one would only be in the way of
/// what the application's own migrations do with the types of its columns.
pub(super) fn leave(table: &AuditedTable) -> String {
    let body = format!(
        r#"
BEGIN
    IF pg_catalog.to_regclass({name}) IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM {audit}) THEN
            DROP TABLE {audit};
        END IF;
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
    NULL;
END
"#,
        name = literal(&table.audit.to_string()),
        audit = table.audit,
    );
    format!(
        "-- An audit table without a row keeps nothing.\nDO {};\n{}{}{}{}",
        dollar(&body),
        append_only::leave(table).unwrap_or_default(),
        seals::leave(table, &table.audit).unwrap_or_default(),
        hash_key::leave(table).unwrap_or_default(),
        drop_schema(&table.audit.schema)
    )
}

/// Drops it with all its rows.
pub(super) fn drop(table: &AuditedTable) -> String {
    format!(
        "DROP TABLE IF EXISTS {};\n{}{}{}{}",
        table.audit,
        append_only::drop_function(table).unwrap_or_default(),
        seals::drop(table).unwrap_or_default(),
        hash_key::leave(table).unwrap_or_default(),
        drop_schema(&table.audit.schema)
    )
}

/// Drops the schema of audit tables with the last of them, if nobody has made
/// more of it.
pub(super) fn drop_schema(schema: &str) -> String {
    let body = format!(
        "    IF EXISTS (
        SELECT FROM pg_catalog.pg_namespace
        WHERE nspname = {name} AND nspacl IS NULL
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_default_acl WHERE defaclnamespace = pg_namespace.oid)
    ) THEN
        DROP SCHEMA {schema};
    END IF;
",
        name = literal(schema),
        schema = identifier(schema),
    );
    let catch = "WHEN dependent_objects_still_exist OR insufficient_privilege THEN
    NULL;
";
    pinned("", &body, Some(catch))
}
