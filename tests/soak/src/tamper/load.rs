//! Who writes and who seals meanwhile.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditContext, AuditedTable, SealDigest, seal};

use super::Outcome;

pub(super) const WRITERS: usize = 8;

/// So that the history does not grow faster than it is recomputed.
const PAUSE: Duration = Duration::from_millis(25);

const BETWEEN_SEALS: Duration = Duration::from_secs(1);

/// Longer than between two seals.
const LATE: Duration = Duration::from_millis(2_500);

#[derive(Default)]
pub(super) struct Load {
    pub(super) stop: AtomicBool,
    pub(super) changes: AtomicUsize,
    pub(super) late_commits: AtomicUsize,
    pub(super) errors: AtomicUsize,
    /// The digests that leave the database.
    pub(super) kept: Mutex<Vec<SealDigest>>,
}

impl Load {
    pub(super) fn begin<'scope, 'env: 'scope>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        url: &'env str,
        table: &'env AuditedTable,
    ) {
        for writer in 0..WRITERS {
            scope.spawn(move || self.counted("a writer", self.write(url, writer)));
        }
        scope.spawn(move || self.counted("the late one", self.late(url)));
        scope.spawn(move || self.counted("the sealer", self.seal(url, table)));
    }

    fn counted(&self, who: &str, done: Outcome<()>) {
        if let Err(error) = done {
            eprintln!("{who}: {error}");
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    fn write(&self, url: &str, writer: usize) -> Outcome<()> {
        let mut conn = PgConnection::establish(url)?;
        let context = AuditContext::new().set("username", format_args!("writer {writer}"))?;
        let mut n = 0;
        while self.goes_on() {
            n += 1;
            let statement = match n % 3 {
                0 => format!(
                    "UPDATE ledger SET amount = amount + 0.01, memo = 'm{n}' WHERE note = 'w{writer} {}'",
                    n - 2
                ),
                1 | 2 if n % 50 == 1 => "DELETE FROM ledger WHERE id = (SELECT id FROM ledger ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)".to_owned(),
                _ => format!("INSERT INTO ledger (amount, note) VALUES ({n} / 7.0, 'w{writer} {n}')"),
            };
            conn.audited(&context, |conn| conn.batch_execute(&statement))?;
            self.changes.fetch_add(1, Ordering::Relaxed);
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Others seal before it ends, and what it has written has lower numbers than
    /// what they have sealed.
    fn late(&self, url: &str) -> Outcome<()> {
        let mut conn = PgConnection::establish(url)?;
        let context = AuditContext::new().set("username", "late")?;
        while self.goes_on() {
            conn.audited(&context, |conn| {
                conn.batch_execute("INSERT INTO ledger (amount, note) VALUES (1, 'late')")?;
                let mut waited = Duration::ZERO;
                while waited < LATE && self.goes_on() {
                    thread::sleep(PAUSE);
                    waited += PAUSE;
                }
                conn.batch_execute("INSERT INTO ledger (amount, note) VALUES (2, 'late')")
            })?;
            self.late_commits.fetch_add(1, Ordering::Relaxed);
            thread::sleep(LATE / 2);
        }
        Ok(())
    }

    fn seal(&self, url: &str, table: &AuditedTable) -> Outcome<()> {
        let mut conn = PgConnection::establish(url)?;
        while self.goes_on() {
            let seals = seal(&mut conn, std::slice::from_ref(table))?;
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(seals.iter().map(SealDigest::from));
            drop(kept);
            thread::sleep(BETWEEN_SEALS);
        }
        Ok(())
    }
}
