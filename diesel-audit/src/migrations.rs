//! Diesel's migrations, each with a context.

use std::fmt;

use diesel::PgConnection;
use diesel::migration::{Migration, MigrationVersion, Result};
use diesel::pg::Pg;
use diesel_migrations::MigrationHarness;

use crate::{AuditConnection, AuditContext, AuditError};

/// Runs and reverts migrations as Diesel does on the connection, and records
/// what they change in audited tables with a context of their own.
///
/// A migration has its context for its transaction, in place of one that the
/// connection has, and the connection has no other one afterwards. A migration
/// that does not run in a transaction (`run_in_transaction = false`) gets none
/// from here: one for the session would outlive it, so it has to set its own
/// in each transaction that it begins.
///
/// Where the subcommand `diesel` runs the migrations, `cargo diesel-audit
/// preamble` does the same by a statement in up.sql.
///
/// ```no_run
/// use diesel::PgConnection;
/// use diesel::migration::Result;
/// use diesel_audit::{AuditContext, HarnessWithContext};
/// use diesel_migrations::{FileBasedMigrations, MigrationHarness};
///
/// fn migrate(conn: &mut PgConnection) -> Result<()> {
///     let migrations = FileBasedMigrations::find_migrations_directory()?;
///     HarnessWithContext::new(conn, |version| {
///         AuditContext::new().set("username", format_args!("migration:{version}"))
///     })
///     .run_pending_migrations(migrations)?;
///     Ok(())
/// }
/// ```
pub struct HarnessWithContext<'a, F> {
    connection: &'a mut PgConnection,
    context: F,
}

impl<'a, F> HarnessWithContext<'a, F>
where
    F: FnMut(&MigrationVersion<'_>) -> std::result::Result<AuditContext, AuditError>,
{
    /// A harness that asks for the context of each migration by its version,
    /// before it sends any SQL.
    pub fn new(connection: &'a mut PgConnection, context: F) -> HarnessWithContext<'a, F> {
        HarnessWithContext {
            connection,
            context,
        }
    }

    /// Diesel's transaction is a savepoint in ours: what it writes down of the
    /// migration is Diesel's to know.
    fn with_context<T>(
        &mut self,
        migration: &dyn Migration<Pg>,
        f: impl FnOnce(&mut PgConnection) -> Result<T>,
    ) -> Result<T> {
        if !migration.metadata().run_in_transaction() {
            return f(self.connection);
        }
        let context = (self.context)(&migration.name().version())?;
        self.connection.audited(&context, f)
    }
}

/// Fails as Diesel's own harness does, and with the [`AuditError`] of a context
/// that cannot be made.
impl<F> MigrationHarness<Pg> for HarnessWithContext<'_, F>
where
    F: FnMut(&MigrationVersion<'_>) -> std::result::Result<AuditContext, AuditError>,
{
    fn run_migration(
        &mut self,
        migration: &dyn Migration<Pg>,
    ) -> Result<MigrationVersion<'static>> {
        self.with_context(migration, |conn| conn.run_migration(migration))
    }

    fn revert_migration(
        &mut self,
        migration: &dyn Migration<Pg>,
    ) -> Result<MigrationVersion<'static>> {
        self.with_context(migration, |conn| conn.revert_migration(migration))
    }

    fn applied_migrations(&mut self) -> Result<Vec<MigrationVersion<'static>>> {
        self.connection.applied_migrations()
    }
}

impl<F> fmt::Debug for HarnessWithContext<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HarnessWithContext").finish_non_exhaustive()
    }
}
