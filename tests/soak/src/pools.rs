//! Fifty users share a pool of four connections, while they panic, give up half
//! way, meddle with their sessions, and the server crashes: every audit row has the
//! name of the user who wrote it, and no value that its scope did not give. On r2d2
//! by threads, on bb8 and deadpool by tasks.

mod counts;
mod crash;
mod meddling;
mod tasks;
mod threads;

use std::error::Error;
use std::fmt;
use std::thread;
use std::time::Duration;

use audit_test_server::{Database, Server};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::Pool;
use diesel_audit::{AuditContext, AuditCustomizer, AuditError, Audited, install};
use diesel_audit_tests::support::{count, may_make_roles};
use uuid::Uuid;

use counts::Counts;
use crash::Crashes;

const USERS: usize = 50;
const POOL: u32 = 4;
/// A crashed server is back long before.
const PATIENCE: Duration = Duration::from_secs(60);

diesel::table! {
    entry (id) {
        id -> Int8,
        written_by -> Text,
        request -> Nullable<Uuid>,
    }
}

diesel::table! {
    job (id) {
        id -> Int8,
        written_by -> Nullable<Text>,
        request -> Nullable<Uuid>,
    }
}

/// A row that says itself who wrote it, and for which request. Nobody gives a note.
#[derive(Audited)]
#[diesel(table_name = entry)]
#[audit(session_settings(username: Text, request_id: Nullable<Uuid>, note: Nullable<Text>))]
#[allow(dead_code)]
struct Entry {
    id: i64,
    written_by: String,
    request: Option<Uuid>,
}

/// A row that may be nobody's.
#[derive(Audited)]
#[diesel(table_name = job)]
#[audit(session_settings(
    username: Nullable<Text>,
    request_id: Nullable<Uuid>,
    note: Nullable<Text>
))]
#[allow(dead_code)]
struct Job {
    id: i64,
    written_by: Option<String>,
    request: Option<Uuid>,
}

/// What was done, and what came out.
#[derive(Debug)]
pub(crate) struct Figures {
    pools: Vec<(&'static str, Counts)>,
    written: i64,
    rows: i64,
    wrong_user: i64,
    wrong_request: i64,
    nobodys: i64,
    notes: i64,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        let as_planned =
            |(_, counts): &(_, Counts)| counts.surprises() == 0 && counts.has_meddled();
        self.wrong_user == 0
            && self.wrong_request == 0
            && self.notes == 0
            && self.nobodys > 0
            && self.rows == self.written
            && self.pools.iter().all(as_planned)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "pools: {USERS} users, {POOL} connections")?;
        for (pool, counts) in &self.pools {
            writeln!(f, "{pool:9}{counts}")?;
        }
        write!(
            f,
            "{} rows written, {} audit rows, {} of them nobody's, {} with another user's name, \
             {} with another request, {} with a note that nobody gave",
            self.written, self.rows, self.nobodys, self.wrong_user, self.wrong_request, self.notes,
        )
    }
}

/// Takes each pool's connections so often, and crashes the server meanwhile.
pub(crate) fn run(checkouts: usize) -> Result<Figures, Box<dyn Error + Send + Sync>> {
    counts::keep_quiet_about_panics();
    let server = Server::find()?;
    let database = server.create_database()?;
    let url = &*meddling::with_options(database.url());
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, written_by text NOT NULL, request uuid);
         CREATE TABLE job (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, written_by text, request uuid)",
    )?;
    install(&mut conn, &[Entry::audited_table()?, Job::audited_table()?])?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut pools = Vec::new();

    let builder = Pool::builder().max_size(POOL).connection_timeout(PATIENCE);
    let pool = AuditCustomizer::new().wrap(builder, url)?;
    pools.push((
        "r2d2",
        crashing(&server, &database, |counts| {
            threads::run(&pool, counts, checkouts)
        }),
    ));
    drop(pool);

    let builder = bb8::Pool::builder()
        .max_size(POOL)
        .connection_timeout(PATIENCE);
    let pool = runtime.block_on(AuditCustomizer::new().wrap_bb8(builder, url))?;
    pools.push((
        "bb8",
        crashing(&server, &database, |counts| {
            runtime.block_on(tasks::run(&pool, counts, checkouts));
        }),
    ));
    drop(pool);

    let pool = AuditCustomizer::new().wrap_deadpool(url, |builder| {
        builder
            .max_size(POOL as usize)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .recycle_timeout(Some(PATIENCE))
    })?;
    pools.push((
        "deadpool",
        crashing(&server, &database, |counts| {
            runtime.block_on(tasks::run(&pool, counts, checkouts));
        }),
    ));

    Ok(figures(&mut database.connect(), pools))
}

/// What was recorded for rows of both tables.
const RECORDED: &str = "(
    SELECT written_by, request, audit_username, audit_request_id, audit_note FROM trail.public_entry_log
    UNION ALL SELECT written_by, request, audit_username, audit_request_id, audit_note FROM trail.public_job_log
) AS recorded";

fn figures(conn: &mut PgConnection, pools: Vec<(&'static str, Counts)>) -> Figures {
    let mut recorded = |which: &str| {
        count(
            conn,
            &format!("SELECT count(*) FROM {RECORDED} WHERE {which}"),
        )
    };
    Figures {
        pools,
        rows: recorded("true"),
        wrong_user: recorded("audit_username IS DISTINCT FROM written_by"),
        wrong_request: recorded("audit_request_id IS DISTINCT FROM request"),
        nobodys: recorded("audit_username IS NULL AND audit_request_id IS NULL"),
        notes: recorded("audit_note IS NOT NULL"),
        written: count(
            conn,
            "SELECT (SELECT count(*) FROM entry) + (SELECT count(*) FROM job)",
        ),
    }
}

fn crashing(server: &Server, database: &Database, run: impl FnOnce(&Counts)) -> Counts {
    let counts = Counts::default();
    // Nobody else may give a database defaults for settings that nobody has declared.
    let is_superuser = may_make_roles(&mut database.connect());
    if !is_superuser {
        eprintln!("skipped: defaults of the database");
    }
    thread::scope(|scope| {
        let crashes = scope.spawn(|| Crashes::new(server, database.url(), &counts).go_on());
        let defaults =
            is_superuser.then(|| scope.spawn(|| meddling::change_defaults(database, &counts)));
        run(&counts);
        counts.end();
        crashes.join().expect("crashes do not panic");
        if let Some(defaults) = defaults {
            defaults.join().expect("changes of defaults do not panic");
        }
    });
    counts
}

/// Who acts in this turn: a user, and in every third turn also a request.
fn who(user: usize, turn: usize) -> Result<(String, Option<Uuid>, AuditContext), AuditError> {
    let name = format!("user {user}");
    let request = turn
        .is_multiple_of(3)
        .then(|| Uuid::from_u128((user * 1_000_000 + turn) as u128));
    let context = AuditContext::new()
        .set("username", &name)?
        .set_optional("request_id", request)?;
    Ok((name, request, context))
}

#[derive(Insertable)]
#[diesel(table_name = entry)]
struct NewEntry<'a> {
    written_by: &'a str,
    request: Option<Uuid>,
}

#[derive(Insertable)]
#[diesel(table_name = job)]
struct NewJob<'a> {
    written_by: Option<&'a str>,
    request: Option<Uuid>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[package.metadata.diesel-audit]` of this crate's Cargo.toml.
    #[test]
    fn the_conventions_of_the_crate_name_what_is_installed() {
        let table = Entry::audited_table().expect("a table");
        assert_eq!(table.audit.to_string(), "trail.public_entry_log");
        assert_eq!(
            (&*table.function, &*table.trigger),
            ("log_entry", "00_log_entry")
        );
        let query = diesel::debug_query::<diesel::pg::Pg, _>(&entry_audit::table).to_string();
        assert!(
            query.starts_with(r#""trail"."public_entry_log""#),
            "{query}"
        );
    }
}
