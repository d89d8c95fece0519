//! The core: what all audited tables of a database share, in a schema of its own.
//!
//! A version of it is a file that never changes: migrations that have run hold
//! its text. A later version only adds, so that a crate which needs an earlier
//! one goes on working.

use crate::state::state;
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::quote::literal;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// The version that this library needs.
pub const VERSION: u32 = 1;

/// Brings the core; a database that has it stays as it is. It is one statement,
/// for a transaction, and needs the right to create a schema.
pub const INSTALL: &str = include_str!("core_1.sql");

/// Takes the core away. It refuses to where a table is audited, and leaves it where
/// audit tables are kept: they take their numbers from it, and their digests are by
/// its key.
pub fn uninstall() -> String {
    format!(
        "-- The core stays with audit tables that are kept.\n\
         DO $core$\n\
         BEGIN\n    \
             PERFORM pg_catalog.set_config('audit.search_path', pg_catalog.current_setting('search_path'), true);\n    \
             PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);\n    \
             IF EXISTS (SELECT FROM {CORE_SCHEMA}.audited JOIN pg_class ON oid = source) THEN\n        \
                 RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',\n            \
                     MESSAGE = 'the core of diesel-audit is in use',\n            \
                     DETAIL = (SELECT format('%s is audited in %s', source, history) FROM {CORE_SCHEMA}.audited JOIN pg_class ON oid = source LIMIT 1),\n            \
                     HINT = 'End the audits first, by the down of their migrations.';\n    \
             ELSIF NOT EXISTS (\n        \
                 SELECT FROM pg_depend JOIN pg_attrdef ON pg_attrdef.oid = objid\n        \
                 WHERE classid = 'pg_attrdef'::regclass AND refclassid = 'pg_class'::regclass\n            \
                     AND refobjid = '{sequence}'::regclass AND adrelid <> '{CORE_SCHEMA}.entry'::regclass\n    \
             ) THEN\n        \
                 DROP SCHEMA {CORE_SCHEMA} CASCADE;\n    \
             END IF;\n    \
             PERFORM set_config('search_path', current_setting('audit.search_path'), true);\n\
         END\n\
         $core$;\n",
        sequence = sequence(),
    )
}

/// The table of the states of all audited tables.
pub(crate) fn audited() -> QualifiedName {
    QualifiedName::new(CORE_SCHEMA, "audited")
}

/// The columns of every audit table, as a table without rows.
pub(crate) fn entry() -> QualifiedName {
    QualifiedName::new(CORE_SCHEMA, "entry")
}

/// A function of the core.
pub(crate) struct Function {
    pub(crate) name: QualifiedName,
    /// The text of one in PL/pgSQL, as `pg_proc.prosrc` has it. PostgreSQL keeps no text
    /// of one in SQL's standard form.
    pub(crate) body: Option<&'static str>,
    pub(crate) is_definer: bool,
    /// The statement that creates or replaces it.
    pub(crate) create: String,
}

/// All functions, in their order.
pub(crate) fn functions() -> Vec<Function> {
    INSTALL
        .split("\nCREATE FUNCTION ")
        .skip(1)
        .map(|rest| {
            let (head, body) = match rest.split_once("\nAS $$") {
                Some((head, rest)) if !head.contains("\nRETURN") => {
                    let body = rest.split_once("$$;").map_or(rest, |(body, _)| body);
                    (head, Some(body))
                }
                _ => (rest.split_once(";\n").map_or(rest, |(head, _)| head), None),
            };
            let name = head.split_once('(').map_or(head, |(name, _)| name);
            let name = name.rsplit('.').next().unwrap_or(name);
            let body_as_written = body.map_or(String::new(), |body| format!("\nAS $${body}$$"));
            Function {
                name: QualifiedName::new(CORE_SCHEMA, name),
                body,
                is_definer: head.contains("SECURITY DEFINER"),
                create: format!("CREATE OR REPLACE FUNCTION {head}{body_as_written};\n"),
            }
        })
        .collect()
}

/// Ends an audit that is in another state than this one, so that another one can begin;
/// its history stays.
pub fn forget(table: &AuditedTable) -> String {
    format!(
        "SELECT {CORE_SCHEMA}.forget({}, to_state => {});\n",
        literal(&table.audit.to_string()),
        literal(&state(table))
    )
}

/// The sequence that numbers the rows of all audit tables.
pub(crate) fn sequence() -> QualifiedName {
    QualifiedName::new(CORE_SCHEMA, "audit_id")
}

/// A condition that holds where the core is.
pub(crate) fn is_there() -> String {
    format!(
        "pg_catalog.to_regnamespace({}) IS NOT NULL",
        literal(CORE_SCHEMA)
    )
}
