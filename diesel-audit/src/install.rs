//! Audit for a set of tables, on a connection and without a migration.

use diesel::Connection;
use diesel::pg::Pg;
use diesel_audit_model::{AuditedTable, check};
use diesel_audit_sql::Step;
use diesel_audit_sql::core;

use crate::AuditError;

/// Begins to audit the tables: audit table, functions and triggers of each, in
/// one transaction for all, after the core, which a database that has it keeps as it
/// is. What is installed of another description of a table is replaced, and rows that an
/// audit table holds are kept.
///
/// Migrations are the usual way; this one is for tests, for tools, and for
/// applications that make their tables themselves.
///
/// # Errors
/// [`AuditError::Model`] with everything that keeps the tables from being
/// audited, before any SQL; otherwise the database's error, and nothing is
/// installed.
pub fn install<C>(conn: &mut C, tables: &[AuditedTable]) -> Result<(), AuditError>
where
    C: Connection<Backend = Pg>,
{
    check::check_together(tables)?;
    run(conn, tables, Step::Install)
}

/// Stops to audit the tables, in one transaction for all: triggers and
/// functions go, the audit tables and their rows stay. An audit table without a
/// row goes too, unless something depends on it. Nothing needs to be there.
///
/// # Errors
/// As [`install`].
pub fn uninstall<C>(conn: &mut C, tables: &[AuditedTable]) -> Result<(), AuditError>
where
    C: Connection<Backend = Pg>,
{
    check::check_together(tables)?;
    run(conn, tables, Step::Uninstall)
}

fn run<C>(
    conn: &mut C,
    tables: &[AuditedTable],
    step: impl Fn(AuditedTable) -> Step,
) -> Result<(), AuditError>
where
    C: Connection<Backend = Pg>,
{
    conn.transaction(|conn| {
        conn.batch_execute(core::INSTALL)?;
        for table in tables {
            conn.batch_execute(&core::forget(table))?;
            conn.batch_execute(&step(table.clone()).render())?;
        }
        Ok(())
    })
}
