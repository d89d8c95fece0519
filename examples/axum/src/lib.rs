//! A web service on axum whose audit trail says who changed a record, and in
//! which request.
//!
//! [`context`] is the whole of it: a middleware takes user and request id from
//! the headers and gives them to whatever the request runs. The routes of
//! [`documents`] write on diesel-async with bb8, and one of them on Diesel with
//! r2d2 in a blocking task. [`history`] shows a record's trail as a page and as
//! JSON.
//!
//! `cargo run -p axum-example` serves it on a temporary PostgreSQL.

pub mod context;
pub mod documents;
pub mod history;
mod refusal;
mod schema;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{delete, get, post, put};
use diesel::prelude::*;
use diesel_audit::{AuditCustomizer, AuditError};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// What all requests share.
#[derive(Debug, Clone)]
pub struct Service {
    /// For what is async.
    pub pool: diesel_audit::bb8::AuditPool,
    /// For what blocks.
    pub blocking: diesel_audit::AuditPool,
}

impl Service {
    /// Runs the pending migrations, and opens both pools.
    ///
    /// # Errors
    /// When the database cannot be reached, or a migration fails.
    pub async fn start(url: &str) -> Result<Service, Box<dyn std::error::Error + Send + Sync>> {
        let migrate = url.to_owned();
        tokio::task::spawn_blocking(move || {
            PgConnection::establish(&migrate)?.run_pending_migrations(MIGRATIONS)?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        })
        .await??;
        let pools = async {
            let builder = bb8::Pool::builder().max_size(4);
            let pool = AuditCustomizer::new().wrap_bb8(builder, url).await?;
            let builder = diesel::r2d2::Pool::builder().max_size(2);
            let blocking = AuditCustomizer::new().wrap(builder, url)?;
            Ok::<_, AuditError>(Service { pool, blocking })
        };
        Ok(pools.await?)
    }

    /// The routes. Those that write ask for a user; those that read do not.
    pub fn routes(self) -> Router {
        let writes = Router::new()
            .route("/documents", post(documents::create))
            .route("/documents/{id}", put(documents::change))
            .route("/documents/{id}", delete(documents::remove))
            .layer(from_fn(context::require));
        Router::new()
            .route("/documents/{id}/history", get(history::page))
            .route("/documents/{id}/history.json", get(history::json))
            .merge(writes)
            .with_state(self)
    }
}
