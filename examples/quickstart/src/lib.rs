//! A small shop on a temporary PostgreSQL: several users work through one
//! pool, and at the end the history of a customer says who did what.

pub mod models;
#[allow(missing_docs)]
pub mod schema;
pub mod trail;
#[allow(missing_docs)]
pub mod warehouse_schema;
pub mod work;

use std::error::Error;

use audit_test_server::Server;
use diesel::Connection;
use diesel::pg::PgConnection;
use diesel::r2d2::Pool;
use diesel_audit::{AuditCustomizer, AuditPool};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Runs the shop for a day, and gives what there is to show.
///
/// # Errors
/// When no PostgreSQL is found, or anything but the one write without a context
/// fails.
pub fn run() -> Result<String, Box<dyn Error + Send + Sync>> {
    let server = Server::find()?;
    let database = server.create_database()?;

    PgConnection::establish(database.url())?.run_pending_migrations(MIGRATIONS)?;

    let pool = pool(database.url())?;
    let refused = work::a_day_at_the_shop(&pool)?;

    let mut conn = pool.get_unaudited("reads the trail")?;
    Ok(format!(
        "The history of customer 1:\n\n{}\nA write without a context is refused:\n\n{}: {refused}\n\n{}\n",
        trail::of_customer(&mut conn, 1)?,
        refused.code().unwrap_or("no code"),
        trail::summary(&mut conn)?,
    ))
}

/// One call wraps the pool: every connection carries the name of the service,
/// and every checkout the user and the request that it is for.
fn pool(url: &str) -> Result<AuditPool, Box<dyn Error + Send + Sync>> {
    let customizer = AuditCustomizer::new().constant("service", "shop")?;
    Ok(customizer.wrap(Pool::builder().max_size(3), url)?)
}
