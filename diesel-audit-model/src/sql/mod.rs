//! Every line of SQL of diesel-audit.
//!
//! Names pass [`crate::quote`]; everything that runs later, inside the
//! trigger function, is qualified with its schema, so that a caller's
//! `search_path` cannot redirect it.

mod body;
pub mod context;
mod fit;
mod function;
mod privileges;
pub mod refusal;
mod row;
mod table;
mod trigger;

use crate::quote;
use crate::table::AuditedTable;

/// Taken by every migration of ours until its transaction ends: PostgreSQL
/// answers two concurrent `CREATE OR REPLACE FUNCTION` with an internal error.
/// The number is `diesel-a` in ASCII.
const ADVISORY_LOCK: i64 = 0x6469_6573_656c_2d61;

/// How long a migration waits for a lock before it gives up, so that nobody
/// queues for long behind a migration that waits itself.
const LOCK_TIMEOUT: &str = "5s";

/// The statements that begin to audit a table.
pub(crate) fn install(table: &AuditedTable) -> String {
    [
        preamble(&format!("Audit of {} in {}.", table.source, table.audit)),
        table::create(table),
        fit::check(table),
        table::indexes(table),
        function::create(table),
        privileges::close(table),
        trigger::create(table),
    ]
    .join("\n")
}

/// The statements that stop to audit a table and keep its history.
pub(crate) fn uninstall(table: &AuditedTable) -> String {
    [
        preamble(&format!(
            "End of the audit of {}. Its history stays in {}.",
            table.source, table.audit
        )),
        trigger::drop(table),
        function::drop(table),
    ]
    .join("\n")
}

fn preamble(title: &str) -> String {
    format!(
        "-- {}\n\
         SELECT pg_catalog.pg_advisory_xact_lock({ADVISORY_LOCK});\n\
         SET LOCAL lock_timeout = '{LOCK_TIMEOUT}';\n",
        quote::comment(title)
    )
}
