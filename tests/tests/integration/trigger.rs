//! What the trigger function does: what it refuses, what it records, and what
//! it does not let itself be talked into.

mod append_only;
mod attacks;
mod drift;
mod hostile;
mod mutants;
mod settings;
mod statements;
mod stored;
mod unaudited;

use audit_test_server::Database;
use diesel::prelude::*;
use diesel_audit_model::AuditedTable;

use crate::support::{audit, run};

/// A database with one audited table, `item (id integer PRIMARY KEY, v text)`.
pub(crate) struct Items {
    pub(crate) database: Database,
    pub(crate) conn: PgConnection,
    pub(crate) table: AuditedTable,
}

pub(crate) fn items() -> Items {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE item (id integer PRIMARY KEY, v text)",
    );
    let table = audit(&mut conn, "item");
    Items {
        database,
        conn,
        table,
    }
}
