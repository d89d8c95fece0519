//! What operators do with a database that is audited: dump and restore,
//! logical replication, an upgrade. Rows and history are as before, triggers
//! fire, and writes go on.
//!
//! It starts its servers from binaries: dumps, and clusters of two versions,
//! need the programs beside them.

mod replica;
mod report;
mod restore;
mod state;
mod tables;
mod upgrade;

use std::error::Error;
use std::fmt;

use audit_test_server::Server;
use diesel_audit::install;

use replica::Replicated;
use report::Report;
use restore::Restored;
use upgrade::Upgraded;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What was done, and what came out.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    transactions: i64,
    restored: Restored,
    replicated: Replicated,
    upgraded: Upgraded,
    report: Report,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        self.report.mismatches == 0
            && self.restored.rows > 0
            && self.replicated.skipped > 0
            && self.replicated.recorded > 0
            && self.upgraded.rows > 0
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "operations: {} transactions at a time on {} tables: {} audit rows restored from a dump, {} numbers of transactions \
             met again and told apart by their time; data only: refused, with --disable-triggers {} triggers that fire ALWAYS \
             only when installed again; replication: {} refusals of a subscriber without a context, {} audit rows that came \
             along (skip), {} that it wrote (record); PostgreSQL {} upgraded to {} with {} audit rows; {} checks, {} mismatches",
            self.transactions,
            tables::TABLES.len(),
            self.restored.rows,
            self.restored.numbers_again,
            self.restored.no_longer_always,
            self.replicated.refusals,
            self.replicated.skipped,
            self.replicated.recorded,
            self.upgraded.from,
            self.upgraded.to,
            self.upgraded.rows,
            self.report.checks,
            self.report.mismatches,
        )
    }
}

/// Runs everything with so many transactions before and after each operation.
pub(crate) fn run(transactions: i64) -> Outcome<Figures> {
    let mut report = Report::default();
    let old = Server::start_local_with(&[("wal_level", "logical")])?;
    // Three subscriptions at once, whose workers do not wait long to try again.
    let new = Server::start_local_with(&[
        ("max_logical_replication_workers", "12"),
        ("max_worker_processes", "20"),
        ("wal_retrieve_retry_interval", "200ms"),
    ])?;

    let database = old.create_database()?;
    let mut conn = database.connect();
    tables::create(&mut conn)?;
    install(&mut conn, &tables::models()?)?;
    tables::write(database.url(), 0, transactions)?;
    let mut restored = restore::everything(&old, &database, &new, transactions, &mut report)?;
    restored.no_longer_always = restore::data_only(&old, &database, transactions, &mut report)?;
    let replicated = replica::run(&old, &new, transactions, &mut report)?;
    let upgraded = upgrade::run(transactions, &mut report)?;
    Ok(Figures {
        transactions,
        restored,
        replicated,
        upgraded,
        report,
    })
}
