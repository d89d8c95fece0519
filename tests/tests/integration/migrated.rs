//! A database with the top-level `migrations/` applied.

use audit_test_server::Database;
use diesel::prelude::*;
use diesel_audit::{AuditContext, AuditPool};
use diesel_audit_tests::context::RequestContext;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use uuid::Uuid;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

pub(crate) fn database() -> Database {
    let database = audit_test_server::database();
    run(&mut database.connect());
    database
}

pub(crate) fn run(conn: &mut PgConnection) {
    conn.run_pending_migrations(MIGRATIONS)
        .expect("the migrations run");
}

pub(crate) fn pool(database: &Database) -> AuditPool {
    AuditPool::new(database.url()).expect("a pool")
}

pub(crate) fn context(username: &str) -> AuditContext {
    AuditContext::new()
        .set("username", username)
        .expect("a context")
}

pub(crate) fn request(username: &str, request: u128) -> RequestContext<'_> {
    RequestContext {
        username,
        request_id: Some(Uuid::from_u128(request)),
    }
}
