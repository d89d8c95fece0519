//! Transactions that go through a table page by page.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::pg::TransactionBuilder;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_audit_model::AuditedTable;
use diesel_audit_sql::LockTimeout;
use diesel_audit_sql::render::keyset::{self, KeyRow, Keyset};

use crate::AuditError;

/// Where the next page begins, as the catalog is now.
pub(crate) fn keyset(
    conn: &mut PgConnection,
    table: &AuditedTable,
    after: Option<&str>,
) -> Result<Keyset, AuditError> {
    type Row = (
        Text,
        Text,
        Text,
        Text,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
    );
    let answer: Vec<KeyRow> = sql::<Row>(&keyset::lookup(table, after)).load(conn)?;
    Keyset::new(table, answer, after).map_err(AuditError::Key)
}

/// A transaction of the level that a page needs.
pub(crate) fn transaction(conn: &mut PgConnection) -> TransactionBuilder<'_, PgConnection> {
    conn.build_transaction().repeatable_read()
}

/// PostgreSQL takes no time at all for ever, and has a longest one.
pub(crate) fn lock_timeout(wait: Duration) -> LockTimeout {
    let milliseconds = wait.as_millis().clamp(1, 2_147_483_647);
    LockTimeout::new(&format!("{milliseconds}ms")).unwrap_or_default()
}
