//! One sequence for the audit tables of a database, against one for each table, under
//! writers that do nothing but insert: whether they wait for each other's numbers.

use std::thread;
use std::time::Duration;

use audit_test_server::{Database, Server};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditContext, Audited, install};

use crate::Outcome;
use crate::measure::{self, Cost};

pub(crate) struct Size {
    rounds: usize,
    /// Rows of each writer in a round.
    rows: u32,
}

pub(crate) const FULL: Size = Size {
    rounds: 9,
    rows: 20_000,
};
pub(crate) const QUICK: Size = Size {
    rounds: 3,
    rows: 2_000,
};

const TABLES: usize = 4;
const WRITERS: usize = 16;

mod schema {
    diesel::table! {
        entry (id) {
            id -> Int8,
            amount -> Int8,
        }
    }
}

#[derive(Audited)]
#[diesel(table_name = schema::entry)]
#[audit(session_settings(username: Text))]
#[allow(dead_code)]
struct Entry {
    id: i64,
    amount: i64,
}

pub(crate) fn run(size: Size) -> Outcome {
    let server = Server::find()?;
    let databases = [database(&server, false)?, database(&server, true)?];
    let mut connections = Vec::new();
    for database in &databases {
        connections.push((0..WRITERS).map(|_| database.connect()).collect::<Vec<_>>());
    }
    let rows = size.rows;
    let costs = measure::rounds(databases.len(), size.rounds, |n| {
        measure::cost(None, || write(&mut connections[n], rows))
    });
    let medians: Vec<Duration> = costs.iter().map(|costs| median(costs)).collect();
    let mut ratios: Vec<f64> = costs[0]
        .iter()
        .zip(&costs[1])
        .map(|(one, each)| one.wall.as_secs_f64() / each.wall.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let per_second = |time: Duration| f64::from(rows) * WRITERS as f64 / time.as_secs_f64();
    println!(
        "{WRITERS} writers on {TABLES} tables, {rows} rows each, {} rounds: \
         one sequence {:.0} rows a second, one for each table {:.0}; time of the one as a ratio of the other {:.3}",
        size.rounds,
        per_second(medians[0]),
        per_second(medians[1]),
        ratios[ratios.len() / 2],
    );
    Ok(())
}

fn median(costs: &[Cost]) -> Duration {
    let mut times: Vec<Duration> = costs.iter().map(|cost| cost.wall).collect();
    times.sort();
    times[times.len() / 2]
}

/// Audited tables, whose numbers come from one sequence or from one for each.
fn database(server: &Server, one_each: bool) -> Outcome<Database> {
    let database = server.create_database()?;
    let conn = &mut database.connect();
    for n in 0..TABLES {
        let mut table = Entry::audited_table()?;
        table.source.name = format!("entry_{n}").into();
        table.audit.name = format!("entry_{n}_audit").into();
        table.function = format!("entry_{n}_audit").into();
        table.trigger = format!("00_entry_{n}_audit").into();
        conn.batch_execute(&format!(
            "CREATE TABLE entry_{n} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount bigint NOT NULL)"
        ))?;
        let audit = table.audit.clone();
        install(conn, &[table])?;
        if one_each {
            conn.batch_execute(&format!(
                "CREATE SEQUENCE numbers_{n}; ALTER TABLE {audit} ALTER audit_id SET DEFAULT nextval('numbers_{n}')"
            ))?;
        }
    }
    Ok(database)
}

/// All writers at once, each in one transaction, so that no commit is waited for.
fn write(connections: &mut [PgConnection], rows: u32) {
    let context = AuditContext::new()
        .set("username", "ada")
        .expect("a context");
    thread::scope(|scope| {
        for (n, conn) in connections.iter_mut().enumerate() {
            let context = &context;
            let table = n % TABLES;
            let insert = format!(
                "INSERT INTO entry_{table} (amount) SELECT n FROM generate_series(1, {rows}) AS n"
            );
            scope.spawn(move || {
                conn.audited(context, |conn| diesel::sql_query(insert).execute(conn))
                    .expect("written");
            });
        }
    });
}
