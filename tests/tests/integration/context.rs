//! The context of transactions and checkouts.

mod ambient;
mod async_pools;
mod checkout;
mod futures;
mod hostile;
mod pooler;
mod retry;
mod scope;
mod typed;
mod unaudited;
mod values;
mod vouched;

use std::panic::{AssertUnwindSafe, catch_unwind};

use audit_test_server::Database;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::Pool;
use diesel::sql_types::Text;
use diesel_audit::{AuditConnection, AuditContext, AuditCustomizer, AuditPool};

fn who(username: &str, reason: Option<&str>) -> AuditContext {
    AuditContext::new()
        .set("username", username)
        .and_then(|context| context.set_optional("reason", reason))
        .unwrap()
}

fn audited(
    conn: &mut PgConnection,
    context: &AuditContext,
    f: impl FnOnce(&mut PgConnection) -> QueryResult<()>,
) {
    conn.audited(context, f).unwrap();
}

fn pool_of_one(database: &Database, customizer: AuditCustomizer) -> AuditPool {
    let pool = customizer
        .wrap(Pool::builder().max_size(1), database.url())
        .unwrap();
    assert_eq!(pool.max_size(), 1);
    assert_eq!(pool.state().connections, 1);
    pool
}

fn panics(f: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
}

/// User, reason, and which marker holds here, as the trigger would take it.
fn settings(conn: &mut PgConnection) -> [String; 3] {
    [
        current(conn, "audit.username"),
        current(conn, "audit.reason"),
        one(
            conn,
            &format!("SELECT marker.kind FROM ({MARKER}) AS marker"),
        ),
    ]
}

/// What the trigger would take this setting for here: none unless the marker names it.
fn current(conn: &mut PgConnection, setting: &str) -> String {
    one(conn, &current_sql(setting))
}

fn current_sql(setting: &str) -> String {
    let name = setting.trim_start_matches("audit.");
    format!(
        "SELECT CASE WHEN pg_catalog.strpos(marker.words, '<{name}:') OPERATOR(pg_catalog.>) 0 \
             THEN coalesce(pg_catalog.current_setting('audit.{name}', true), '') ELSE '' END \
         FROM ({MARKER}) AS marker"
    )
}

/// The marker that holds, with its kind.
const MARKER: &str = "SELECT
    CASE WHEN pg_catalog.starts_with(found.marker, found.tx) OR pg_catalog.starts_with(found.marker, found.session)
         THEN found.marker END AS words,
    CASE WHEN pg_catalog.starts_with(found.marker, found.tx) THEN 'transaction'
         WHEN pg_catalog.starts_with(found.marker, found.session) THEN 'session' ELSE 'unmarked' END AS kind
    FROM (SELECT pg_catalog.current_setting('audit.context', true) AS marker,
        pg_catalog.concat(extract(epoch FROM pg_catalog.now()), ' tx ') AS tx,
        pg_catalog.concat(pg_catalog.to_hex(pg_catalog.pg_backend_pid()), ' session ') AS session) AS found";

/// The one text that the query gives.
fn one(conn: &mut PgConnection, query: &str) -> String {
    sql::<Text>(query).get_result(conn).unwrap()
}
