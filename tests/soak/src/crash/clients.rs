//! Clients that write, and remember what was acknowledged.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditContext, AuditError};

use super::account;

pub(super) const ACCOUNTS: i64 = 40;

pub(super) struct Client {
    name: usize,
    turn: i64,
    /// The transactions whose COMMIT was answered.
    pub(super) acknowledged: Vec<i64>,
}

impl Client {
    pub(super) fn new(name: usize) -> Client {
        Client {
            name,
            turn: 0,
            acknowledged: Vec::new(),
        }
    }

    /// What a transaction says of itself, to its audit rows.
    pub(super) fn request(&self, turn: i64) -> String {
        format!("{} {turn}", self.name)
    }

    /// Connects anew when the connection or the server is gone.
    ///
    /// # Errors
    /// What is no loss of a connection.
    pub(super) fn write_until(&mut self, over: &AtomicBool, url: &str) -> Result<(), AuditError> {
        let mut conn = None;
        while !over.load(Ordering::Relaxed) {
            let Some(open) = &mut conn else {
                conn = PgConnection::establish(url).ok();
                if conn.is_none() {
                    thread::sleep(Duration::from_millis(5));
                }
                continue;
            };
            if let Err(error) = self.write(open, "") {
                if !is_loss(&error) {
                    return Err(error);
                }
                conn = None;
            }
        }
        Ok(())
    }

    /// A transaction that changes two rows. Where its error leaves it open
    /// whether it was committed, it is not remembered.
    pub(super) fn write(&mut self, conn: &mut PgConnection, body: &str) -> Result<(), AuditError> {
        self.turn += 1;
        let turn = self.turn;
        let writer = format!("client {}", self.name);
        let context = AuditContext::new()
            .set("username", &writer)?
            .set("request", self.request(turn))?;
        let one = (turn * 7 + self.name as i64 * 11) % ACCOUNTS + 1;
        let other = (one + turn % (ACCOUNTS - 1)) % ACCOUNTS + 1;
        // In one order, so that nobody is deadlocked.
        conn.audited(&context, |conn| {
            for id in [one.min(other), one.max(other)] {
                diesel::update(account::table.find(id))
                    .set((
                        account::n.eq(account::n + 1),
                        account::writer.eq(&writer),
                        account::body.eq(body),
                    ))
                    .execute(conn)?;
            }
            Ok::<_, AuditError>(())
        })?;
        self.acknowledged.push(turn);
        Ok(())
    }
}

/// PostgreSQL says why a connection ends, if it still can.
fn is_loss(error: &AuditError) -> bool {
    let text = error.to_string();
    [
        "server closed the connection",
        "terminating connection",
        "the database system is",
        "connection to server",
        "could not receive data",
        "could not send data",
        "no connection to the server",
        "Connection reset",
        "Broken pipe",
        "broken transaction",
        "SSL connection",
    ]
    .iter()
    .any(|words| text.contains(words))
}
