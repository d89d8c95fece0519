//! What was called, and what will be.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::array;

/// Begins to count anew. It is for a time at which no other session is open.
///
/// # Errors
/// The database's.
pub fn forget(conn: &mut PgConnection) -> QueryResult<()> {
    conn.batch_execute("SELECT pg_catalog.pg_stat_reset()")
}

/// What was called since then, most often first: of sessions that have ended.
///
/// # Errors
/// The database's.
pub fn calls(conn: &mut PgConnection) -> QueryResult<Vec<(String, i64)>> {
    // There are thousands of them to look at.
    let all = "SELECT coalesce(pg_catalog.pg_stat_get_function_calls('hits.one()'::pg_catalog.regprocedure), 0)";
    if sql::<BigInt>(all).get_result::<i64>(conn)? == 0 {
        return Ok(Vec::new());
    }
    sql::<(Text, BigInt)>(
        "SELECT label, calls FROM pg_catalog.pg_stat_user_functions JOIN lab.hit
             ON funcname OPERATOR(pg_catalog.=) pg_catalog.concat('h', n)::pg_catalog.name
         WHERE schemaname OPERATOR(pg_catalog.=) 'hits'::pg_catalog.name AND calls > 0 ORDER BY calls DESC, label",
    )
    .load(conn)
}

/// What in schemas of ours was made of something in hostile ones, and how often: a
/// column of its type, a default or a condition that calls it.
///
/// # Errors
/// The database's.
pub fn bound(
    conn: &mut PgConnection,
    ours: &[&str],
    hostile: &[&str],
) -> QueryResult<Vec<(String, i64)>> {
    let (ours, hostile) = (array(ours), array(hostile));
    sql::<(Text, BigInt)>(&format!(
        "SELECT label, times FROM lab.bound({ours}, {hostile}) ORDER BY times DESC, label"
    ))
    .load(conn)
}

/// Waits until the connection is the only one to its database: what a session has
/// counted is there when it has ended.
///
/// # Errors
/// The database's.
///
/// # Panics
/// When a session stays for a minute.
pub fn wait_for_others(conn: &mut PgConnection) -> QueryResult<()> {
    let others = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
         WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
             AND backend_type = 'client backend'";
    let deadline = Instant::now() + Duration::from_secs(60);
    while sql::<BigInt>(others).get_result::<i64>(conn)? > 0 {
        assert!(Instant::now() < deadline, "a session stays open");
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}
