//! A table that is full before its audit begins gets its baseline while others
//! write to it, and is compared with its history while they still do: each key
//! has one first row, and of what was written past the trigger everything is
//! found and nothing else.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use audit_test_server::Server;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_audit::{
    AuditConnection, AuditContext, Audited, BaselineOptions, DiscrepancyKind, ReconcileOptions,
    baseline, install, reconcile,
};
use diesel_audit_model::names::of_operation;
use diesel_audit_model::quote::identifier;

const WRITERS: usize = 2;

/// How many rows are planted of each kind. They have the first keys, to which
/// nobody else writes.
const PLANTED: u64 = 10;

diesel::table! {
    items (id) {
        id -> Int8,
        version -> Int8,
        price -> Numeric,
        name -> Text,
        note -> Nullable<Text>,
    }
}

#[derive(Audited)]
#[diesel(table_name = items)]
#[audit(session_settings(username: Text))]
#[allow(dead_code)]
struct Item {
    id: i64,
    version: i64,
    name: String,
    note: Option<String>,
}

/// What was done, and what came out.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    rows: i64,
    changes: usize,
    written: u64,
    baseline: Duration,
    double: i64,
    late: i64,
    keys: u64,
    reconcile: Duration,
    found: [u64; 4],
    errors: usize,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        self.rows > 0
            && self.written > 0
            && self.changes > 0
            && (self.double, self.late) == (0, 0)
            && self.keys >= self.rows.unsigned_abs()
            && self.found == [PLANTED; 4]
            && self.errors == 0
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "reconcile: {} rows, {WRITERS} writers, {} changes; baseline of {} rows in {:.1} s, {} keys with two, {} behind a change; \
             {} keys compared in {:.1} s, {} of {} discrepancies found, {:?} by kind, {} errors",
            self.rows,
            self.changes,
            self.written,
            self.baseline.as_secs_f64(),
            self.double,
            self.late,
            self.keys,
            self.reconcile.as_secs_f64(),
            self.found.iter().sum::<u64>(),
            4 * PLANTED,
            self.found,
            self.errors,
        )
    }
}

/// With a table of so many rows.
pub(crate) fn run(rows: i64) -> Result<Figures, Box<dyn Error + Send + Sync>> {
    let server = Server::find()?;
    let database = server.create_database()?;
    let mut conn = database.connect();
    conn.batch_execute(&format!(
        "CREATE TABLE items (id bigint PRIMARY KEY, version bigint NOT NULL, price numeric(10,2) NOT NULL,
             name varchar(40) NOT NULL, note text);
         INSERT INTO items SELECT n, 0, n / 7.0, 'item ' || n, CASE WHEN n % 3 = 0 THEN 'note' END
             FROM generate_series(1, {rows}) AS n;
         ANALYZE items"
    ))?;
    let table = Item::audited_table()?;
    install(&mut conn, std::slice::from_ref(&table))?;

    let mut figures = Figures {
        rows,
        ..Figures::default()
    };
    let (stop, changes, errors) = (
        AtomicBool::new(false),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    thread::scope(|scope| -> Result<(), Box<dyn Error + Send + Sync>> {
        for writer in 0..WRITERS {
            let (url, stop, changes, errors) = (database.url(), &stop, &changes, &errors);
            scope.spawn(move || {
                if let Err(error) = write(url, writer, rows, stop, changes) {
                    eprintln!("writer {writer}: {error}");
                    errors.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let done = compare(&mut conn, &table, &mut figures);
        stop.store(true, Ordering::Relaxed);
        done
    })?;
    figures.changes = changes.into_inner();
    figures.errors = errors.into_inner();
    let history = &table.audit;
    figures.double = count(
        &mut conn,
        &format!(
            "SELECT count(*) FROM (
                 SELECT FROM {history} WHERE audit_operation = 'B' GROUP BY id HAVING count(*) > 1
             ) AS double"
        ),
    )?;
    figures.late = count(
        &mut conn,
        &format!(
            "SELECT count(*) FROM (
                 SELECT audit_operation, row_number() OVER (PARTITION BY id ORDER BY audit_id) AS n FROM {history}
             ) AS history WHERE audit_operation = 'B' AND n > 1"
        ),
    )?;
    Ok(figures)
}

fn compare(
    conn: &mut PgConnection,
    table: &diesel_audit::AuditedTable,
    figures: &mut Figures,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let begun = Instant::now();
    figures.written = baseline(conn, table, BaselineOptions::new())?
        .finish()?
        .written;
    figures.baseline = begun.elapsed();
    conn.batch_execute(&format!("ANALYZE {}", table.audit))?;
    let context = AuditContext::new().set("username", "planter")?;
    let ending = format!("DELETE FROM items WHERE id <= {PLANTED}");
    conn.audited(&context, |conn| conn.batch_execute(&ending))?;
    let triggers = ["insert", "update", "delete", "truncate"];
    let triggers = triggers.map(|operation| identifier(&of_operation(&table.trigger, operation)));
    let enabled =
        triggers.map(|trigger| format!("ALTER TABLE items ENABLE ALWAYS TRIGGER {trigger};\n"));
    let enabled = enabled.concat();
    conn.batch_execute(&format!(
        "BEGIN;
         ALTER TABLE items DISABLE TRIGGER ALL;
         INSERT INTO items SELECT n, 0, 0, 'ended' FROM generate_series(1, {PLANTED}) AS n;
         INSERT INTO items SELECT -n, 0, 0, 'unrecorded' FROM generate_series(1, {PLANTED}) AS n;
         DELETE FROM items WHERE id > {PLANTED} AND id <= 2 * {PLANTED};
         UPDATE items SET note = 'differs' WHERE id > 2 * {PLANTED} AND id <= 3 * {PLANTED};
         {enabled}COMMIT"
    ))?;
    let begun = Instant::now();
    let all = reconcile(conn, table, ReconcileOptions::new())?.finish()?;
    figures.reconcile = begun.elapsed();
    figures.keys = all.keys;
    figures.found = DiscrepancyKind::ALL.map(|kind| all.of(kind));
    Ok(())
}

/// Changes rows all over the table until it is told to stop.
fn write(
    url: &str,
    writer: usize,
    rows: i64,
    stop: &AtomicBool,
    changes: &AtomicUsize,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut conn = PgConnection::establish(url)?;
    let context = AuditContext::new().set("username", format_args!("writer {writer}"))?;
    let first = 3 * PLANTED.cast_signed() + 1;
    let mut n = i64::try_from(writer)? + 1;
    while !stop.load(Ordering::Relaxed) {
        n = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let id = first + (n >> 33).rem_euclid(rows - first + 1);
        let statement = match n.rem_euclid(8) {
            0 => format!("DELETE FROM items WHERE id = {id}"),
            1 => format!("INSERT INTO items VALUES ({id}, 0, 1, 'again') ON CONFLICT DO NOTHING"),
            _ => format!("UPDATE items SET version = version + 1 WHERE id = {id}"),
        };
        conn.audited(&context, |conn| conn.batch_execute(&statement))?;
        changes.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn count(conn: &mut PgConnection, query: &str) -> QueryResult<i64> {
    sql::<BigInt>(query).get_result(conn)
}
