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

use std::panic::{AssertUnwindSafe, catch_unwind};

use audit_test_server::Database;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::r2d2::Pool;
use diesel::sql_types::{Bool, Text};
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
    let holds = |conn: &mut PgConnection, marker: &str, expected: &str| {
        diesel::select(sql::<Bool>(&format!(
            "coalesce(pg_catalog.current_setting('{marker}', true), '') \
             OPERATOR(pg_catalog.=) ({expected})::pg_catalog.text"
        )))
        .get_result::<bool>(conn)
        .unwrap()
    };
    let now = "extract(epoch FROM pg_catalog.now())";
    let marker = if holds(conn, "audit.tx", now) {
        "transaction"
    } else if holds(conn, "audit.session", "pg_catalog.pg_backend_pid()") {
        "session"
    } else {
        "unmarked"
    };
    [
        current(conn, "audit.username"),
        current(conn, "audit.reason"),
        marker.to_owned(),
    ]
}

fn current(conn: &mut PgConnection, setting: &str) -> String {
    one(
        conn,
        &format!("SELECT coalesce(pg_catalog.current_setting('{setting}', true), '')"),
    )
}

/// The one text that the query gives.
fn one(conn: &mut PgConnection, query: &str) -> String {
    sql::<Text>(query).get_result(conn).unwrap()
}
