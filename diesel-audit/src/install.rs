//! Audit for a set of tables, on a connection and without a migration.

use diesel::Connection;
use diesel::pg::Pg;
use diesel_audit_model::sql::core;
use diesel_audit_model::{AuditedTable, Step, check};

use crate::AuditError;

/// Begins to audit the tables: audit table, functions and triggers of each, in
/// one transaction for all, and the core before them where the database has none. What is there already is replaced, and rows that an
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
    run(conn, tables.iter().cloned().map(Step::Install))
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
    let steps = tables.iter().cloned().map(Step::Install);
    run(conn, steps.map(Step::inverse))
}

fn run<C>(conn: &mut C, steps: impl Iterator<Item = Step>) -> Result<(), AuditError>
where
    C: Connection<Backend = Pg>,
{
    conn.transaction(|conn| {
        conn.batch_execute(core::INSTALL)?;
        for step in steps {
            conn.batch_execute(&step.render())?;
        }
        Ok(())
    })
}
