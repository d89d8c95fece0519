//! Writers whose statements write to a table within each other, by the triggers and
//! functions of every day: the history of each key is a chain.

mod tables;

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::result::Error::DatabaseError;
use diesel::sql_types::BigInt;
use diesel_audit::{AuditConnection, AuditContext, install};
use diesel_audit_tests::chain;

use tables::{LISTS, TABLES, Table, turn};

/// What was done to all tables, and what came out.
#[derive(Debug, Default)]
pub(super) struct Figures {
    turns: i64,
    rows: i64,
    /// Audit rows that do not follow the state before, and ends that are not the table's.
    breaks: usize,
    wrong_writer: i64,
    /// Transactions that were tried again after a deadlock.
    deadlocks: i64,
    /// Writes that were refused, since no order would be true.
    refused: i64,
    errors: i64,
}

impl Figures {
    pub(super) fn as_promised(&self) -> bool {
        let wrong = [self.wrong_writer, self.refused, self.errors];
        self.turns > 0 && self.rows > self.turns && self.breaks == 0 && wrong == [0; 3]
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} transactions that write within a write, {} audit rows, {} breaks in the chains, \
             {} with another writer, {} deadlocks, {} refused, {} errors",
            self.turns,
            self.rows,
            self.breaks,
            self.wrong_writer,
            self.deadlocks,
            self.refused,
            self.errors,
        )
    }
}

/// What the writers count together.
#[derive(Default)]
struct Counts {
    turns: AtomicI64,
    deadlocks: AtomicI64,
    refused: AtomicI64,
    errors: AtomicI64,
}

/// Makes the tables, and writes to them until then.
pub(super) fn run(
    conn: &mut PgConnection,
    url: &str,
    writers: usize,
    end: Instant,
) -> Result<Figures, Box<dyn Error + Send + Sync>> {
    for table in &TABLES {
        conn.batch_execute(&table.ddl())?;
        install(conn, &[(table.audited)()?])?;
    }
    let counts = Counts::default();
    thread::scope(|scope| {
        for writer in 0..writers {
            let counts = &counts;
            scope.spawn(move || {
                if let Err(error) = write_until(end, url, writer, counts) {
                    eprintln!("writer {writer}: {error}");
                    counts.errors.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let mut figures = Figures {
        turns: counts.turns.into_inner(),
        deadlocks: counts.deadlocks.into_inner(),
        refused: counts.refused.into_inner(),
        errors: counts.errors.into_inner(),
        ..Figures::default()
    };
    for table in &TABLES {
        look_at(conn, table, &mut figures)?;
    }
    Ok(figures)
}

fn look_at(
    conn: &mut PgConnection,
    table: &Table,
    figures: &mut Figures,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let audited = (table.audited)()?;
    let faults = chain::faults(conn, &audited, None);
    for fault in faults.iter().take(3) {
        eprintln!("{}: {fault}", table.name);
    }
    figures.breaks += faults.len();
    let mut count = |query: &str| sql::<BigInt>(query).get_result::<i64>(conn);
    figures.rows += count(&format!("SELECT count(*) FROM {}", audited.audit))?;
    figures.wrong_writer += count(&format!(
        "SELECT count(*) FROM {} WHERE audit_operation <> 'D' AND audit_username IS DISTINCT FROM writer::text",
        audited.audit
    ))?;
    Ok(())
}

fn write_until(
    end: Instant,
    url: &str,
    writer: usize,
    counts: &Counts,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut conn = PgConnection::establish(url)?;
    conn.batch_execute("SET deadlock_timeout = '20ms'")?;
    let context = AuditContext::new().set("username", writer)?;
    let mut number = writer;
    while Instant::now() < end {
        number += 1;
        let table = &TABLES[number % TABLES.len()];
        let list = (number * 7 + writer * 3) % LISTS;
        let statements = turn(table, number / TABLES.len(), list, writer.is_multiple_of(2));
        let done = conn.audited(&context, |conn| conn.batch_execute(&statements));
        let counted = match done {
            Ok(()) => &counts.turns,
            Err(DatabaseError(_, said)) if said.message() == "deadlock detected" => {
                &counts.deadlocks
            }
            Err(DatabaseError(_, said)) if said.constraint_name() == Some("audit_order") => {
                &counts.refused
            }
            Err(error) => return Err(error.into()),
        };
        counted.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
