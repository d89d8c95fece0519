//! The core: what all audited tables of a database share, in a schema of its own.
//!
//! A version of it is a file that never changes: migrations that have run hold
//! its text. A later version only adds, so that a crate which needs an earlier
//! one goes on working.

use crate::names::CORE_SCHEMA;
use crate::quote::literal;
use crate::table::QualifiedName;

/// The version that this library needs.
pub const VERSION: u32 = 1;

/// Brings the core; a database that has it stays as it is. It is one statement,
/// for a transaction, and needs the right to create a schema.
pub const INSTALL: &str = include_str!("core_1.sql");

/// Takes the core away, and refuses to where an audit table or a function of
/// somebody still needs it.
pub fn uninstall() -> String {
    format!(
        "-- Nothing may need the core any more.\n\
         DO $core$\n\
         BEGIN\n    \
             IF EXISTS (SELECT FROM {CORE_SCHEMA}.audited) THEN\n        \
                 RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',\n            \
                     MESSAGE = 'the core of diesel-audit is in use',\n            \
                     DETAIL = (SELECT pg_catalog.format('%s is audited in %s', source, history) FROM {CORE_SCHEMA}.audited LIMIT 1),\n            \
                     HINT = 'End the audits first, by the down of their migrations.';\n    \
             END IF;\n    \
             -- An audit table that is kept takes its numbers from here.\n    \
             DROP TABLE {CORE_SCHEMA}.entry;\n    \
             DROP SEQUENCE {CORE_SCHEMA}.audit_id;\n    \
             DROP SCHEMA {CORE_SCHEMA} CASCADE;\n\
         END\n\
         $core$;\n"
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
