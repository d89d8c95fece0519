//! How fast a full table is sealed and recomputed.

use std::fmt;
use std::time::{Duration, Instant};

use audit_test_server::Server;
use diesel::connection::SimpleConnection;
use diesel_audit::{AuditConnection, AuditContext, Audited, install, seal, verify_seals};

use super::{Ledger, Outcome, SCHEMA};

/// Rows that come by a transaction.
const ROWS: i64 = 10_000;

#[derive(Debug, Default)]
pub(super) struct Speed {
    rows: u64,
    wanted: u64,
    sealing: Duration,
    recomputing: Duration,
    findings: usize,
}

impl Speed {
    /// Whether all was sealed. How fast is a figure, and no promise: machines differ.
    pub(super) fn is_whole(&self) -> bool {
        self.rows == self.wanted && self.rows > 0 && self.findings == 0
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let a_second = |time: Duration| self.rows as f64 / time.as_secs_f64();
        write!(
            f,
            "{} rows sealed in {:.1} s ({:.0} a second) and recomputed in {:.1} s ({:.0} a second)",
            self.rows,
            self.sealing.as_secs_f64(),
            a_second(self.sealing),
            self.recomputing.as_secs_f64(),
            a_second(self.recomputing),
        )
    }
}

pub(super) fn measure(server: &Server, rows: i64) -> Outcome<Speed> {
    let database = server.create_database()?;
    let mut conn = database.connect();
    conn.batch_execute(SCHEMA)?;
    let table = Ledger::audited_table()?;
    let tables = std::slice::from_ref(&table);
    install(&mut conn, tables)?;
    let context = AuditContext::new().set("username", "bulk")?;
    let insert = format!(
        "INSERT INTO ledger (amount, note, memo) SELECT n / 7.0, 'note ' || n, repeat('m', 40) FROM generate_series(1, {ROWS}) AS n"
    );
    for _ in 0..rows / ROWS {
        conn.audited(&context, |conn| conn.batch_execute(&insert))?;
    }
    let begun = Instant::now();
    let seals = seal(&mut conn, tables)?;
    let sealing = begun.elapsed();
    let begun = Instant::now();
    let findings = verify_seals(&mut conn, tables, &[])?.findings.len();
    Ok(Speed {
        rows: seals.iter().map(|seal| seal.rows).sum(),
        wanted: (rows / ROWS * ROWS).unsigned_abs(),
        sealing,
        recomputing: begun.elapsed(),
        findings,
    })
}
