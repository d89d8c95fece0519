//! Writers fight for few keys: the history of each is in the order in which
//! it was written, by `audit_id` and by the clock, and as of any moment. Where a
//! statement writes within another one, it is a chain.

mod shapes;

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use audit_test_server::Server;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_audit::{AuditConnection, AuditContext, Audited, install};

const WRITERS: usize = 8;
const KEYS: i64 = 20;

diesel::table! {
    counter (id) {
        id -> Int8,
        value -> Int8,
        writer -> Int8,
    }
}

/// Its value grows by one with each change.
#[derive(Audited)]
#[diesel(table_name = counter)]
#[audit(session_settings(username: Text))]
#[allow(dead_code)]
struct Counter {
    id: i64,
    value: i64,
    writer: i64,
}

/// What was done, and what came out.
#[derive(Debug)]
pub(crate) struct Figures {
    changes: i64,
    rows: i64,
    /// Changes that are not one after the one before, by `audit_id`.
    inversions: i64,
    /// Changes that the clock puts before the one before.
    clock_inversions: i64,
    /// Rows with another writer's name.
    wrong_writer: i64,
    /// Keys whose last change is not what they hold.
    differing: i64,
    as_of: usize,
    /// Looks at a moment that was not there as it had been seen.
    wrong_as_of: usize,
    errors: usize,
    shapes: shapes::Figures,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        self.changes > 0
            && self.rows == self.changes
            && self.as_of > 0
            && [
                self.inversions,
                self.clock_inversions,
                self.wrong_writer,
                self.differing,
            ] == [0; 4]
            && self.wrong_as_of == 0
            && self.errors == 0
            && self.shapes.as_promised()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "order: {WRITERS} writers, {KEYS} keys, {} changes, {} audit rows, {} inversions, {} by the clock, \
             {} with another writer, {} keys that differ from their last change, \
             {} looks at a moment of which {} were wrong, {} errors; {}",
            self.changes,
            self.rows,
            self.inversions,
            self.clock_inversions,
            self.wrong_writer,
            self.differing,
            self.as_of,
            self.wrong_as_of,
            self.errors,
            self.shapes,
        )
    }
}

/// Writes for so long.
pub(crate) fn run(time: Duration) -> Result<Figures, Box<dyn Error + Send + Sync>> {
    let server = Server::find()?;
    let database = server.create_database()?;
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE TABLE counter (id bigint PRIMARY KEY, value bigint NOT NULL, writer bigint NOT NULL)",
    )?;
    install(&mut conn, &[Counter::audited_table()?])?;
    let nobody = AuditContext::new().set("username", -1)?;
    conn.audited(&nobody, |conn| {
        conn.batch_execute(&format!(
            "INSERT INTO counter SELECT key, 0, -1 FROM generate_series(1, {KEYS}) key"
        ))
    })?;

    let (changes, errors) = (AtomicI64::new(KEYS), AtomicUsize::new(0));
    let end = Instant::now() + time;
    let seen = thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (url, changes, errors) = (database.url(), &changes, &errors);
            scope.spawn(move || match write_until(end, url, writer) {
                Ok(written) => {
                    changes.fetch_add(written, Ordering::Relaxed);
                }
                Err(error) => {
                    eprintln!("writer {writer}: {error}");
                    errors.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        scope
            .spawn(|| look_until(end, time / 50, database.url()))
            .join()
    });
    let seen = seen.map_err(|_| "the reader panicked")??;

    let mut wrong_as_of = 0;
    for (moment, values) in &seen {
        wrong_as_of += usize::from(as_of(&mut conn, *moment)? != *values);
    }
    let shapes = shapes::run(&mut conn, database.url(), WRITERS, Instant::now() + time)?;
    let mut count = |query: &str| sql::<BigInt>(query).get_result::<i64>(&mut conn);
    Ok(Figures {
        shapes,
        changes: changes.into_inner(),
        rows: count("SELECT count(*) FROM trail.public_counter_log")?,
        inversions: count(
            "SELECT count(*) FROM (SELECT value, lag(value, 1, -1::bigint) OVER (PARTITION BY id ORDER BY audit_id) AS before \
             FROM trail.public_counter_log) AS history WHERE value <> before + 1",
        )?,
        clock_inversions: count(
            "SELECT count(*) FROM (SELECT audit_operation_timestamp AS at, \
             lag(audit_operation_timestamp) OVER (PARTITION BY id ORDER BY audit_id) AS before \
             FROM trail.public_counter_log) AS history WHERE at < before",
        )?,
        wrong_writer: count(
            "SELECT count(*) FROM trail.public_counter_log WHERE audit_username <> writer::text",
        )?,
        differing: count(
            "SELECT count(*) FROM counter FULL JOIN (SELECT DISTINCT ON (id) id, value, writer \
             FROM trail.public_counter_log ORDER BY id, audit_id DESC) AS last USING (id) \
             WHERE (counter.value, counter.writer) IS DISTINCT FROM (last.value, last.writer)",
        )?,
        as_of: seen.len(),
        wrong_as_of,
        errors: errors.into_inner(),
    })
}

/// Alone, twice in one transaction, with a pause while others wait, and undone.
fn write_until(
    end: Instant,
    url: &str,
    writer: usize,
) -> Result<i64, Box<dyn Error + Send + Sync>> {
    let mut conn = PgConnection::establish(url)?;
    let context = AuditContext::new().set("username", writer)?;
    let add = |conn: &mut PgConnection, key: i64| {
        diesel::update(counter::table.find(key))
            .set((
                counter::value.eq(counter::value + 1),
                counter::writer.eq(writer as i64),
            ))
            .execute(conn)
    };
    let (mut changes, mut turn) = (0, writer as i64);
    while Instant::now() < end {
        turn += 1;
        let key = (turn * 7 + writer as i64 * 3) % KEYS + 1;
        let written = conn.audited(&context, |conn| match turn % 4 {
            0 => Ok::<_, diesel::result::Error>(add(conn, key)? + add(conn, key)?),
            1 => {
                let written = add(conn, key)?;
                thread::sleep(Duration::from_millis(1));
                Ok(written)
            }
            2 => {
                let undone = conn.transaction(|conn| {
                    add(conn, key)?;
                    Err::<(), _>(diesel::result::Error::RollbackTransaction)
                });
                debug_assert!(undone.is_err());
                add(conn, key)
            }
            _ => add(conn, key),
        })?;
        changes += written as i64;
    }
    Ok(changes)
}

type Look = (i64, Vec<(i64, i64)>);

/// While nobody writes, the table is as its history says it was at that moment.
fn look_until(
    end: Instant,
    pause: Duration,
    url: &str,
) -> Result<Vec<Look>, Box<dyn Error + Send + Sync>> {
    let mut conn = PgConnection::establish(url)?;
    let mut looks = Vec::new();
    while Instant::now() < end {
        let look = conn.transaction(|conn| {
            conn.batch_execute("LOCK TABLE counter IN SHARE MODE")?;
            let moment =
                sql::<BigInt>("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
            let moment: i64 = moment.get_result(conn)?;
            let values = counter::table
                .select((counter::id, counter::value))
                .order(counter::id)
                .load(conn)?;
            Ok::<_, diesel::result::Error>((moment, values))
        })?;
        looks.push(look);
        thread::sleep(pause);
    }
    Ok(looks)
}

/// The values at a moment, in microseconds since 1970, as the history says.
fn as_of(conn: &mut PgConnection, moment: i64) -> QueryResult<Vec<(i64, i64)>> {
    let moment = sql::<diesel::sql_types::Bool>(
        "(extract(epoch FROM audit_operation_timestamp) * 1000000)::bigint <= ",
    )
    .bind::<BigInt, _>(moment);
    let values: Vec<(Option<i64>, Option<i64>)> = counter_audit::table
        .filter(moment)
        .distinct_on(counter_audit::id)
        .order((counter_audit::id, counter_audit::audit_id.desc()))
        .select((counter_audit::id, counter_audit::value))
        .load::<(Option<i64>, Option<i64>)>(conn)?;
    Ok(values
        .into_iter()
        .map(|(id, value)| (id.unwrap_or_default(), value.unwrap_or_default()))
        .collect())
}
