//! Sealing in tests, beside the transactions of other tests: the server has those
//! in its snapshots, too.

use std::thread;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel_audit::{AuditedTable, Seal, SealDigest, seal, verify_seals};

use crate::support::count;

/// Below this every transaction has ended.
pub const HORIZON: &str = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

/// Waits for a condition, which is SQL.
///
/// # Panics
/// When it does not come true within a minute.
pub fn wait_until(conn: &mut PgConnection, condition: &str) {
    let query = format!("SELECT count(*) FROM (VALUES (1)) AS one WHERE {condition}");
    let deadline = Instant::now() + Duration::from_secs(60);
    while count(conn, &query) == 0 {
        assert!(Instant::now() < deadline, "never: {condition}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Seals every row that is there.
///
/// # Panics
/// When it cannot.
pub fn seal_all(conn: &mut PgConnection, table: &AuditedTable) -> Option<Seal> {
    let last = format!("SELECT max(audit_transaction_id) FROM {}", table.audit);
    wait_until(conn, &format!("{HORIZON} > coalesce(({last}), 0)"));
    seal_some(conn, table)
}

/// Seals what can be sealed by now.
///
/// # Panics
/// When it cannot.
pub fn seal_some(conn: &mut PgConnection, table: &AuditedTable) -> Option<Seal> {
    let seals = seal(conn, std::slice::from_ref(table))
        .unwrap_or_else(|error| panic!("cannot seal {}: {error}", table.audit));
    seals.into_iter().next()
}

/// What is found of the seals, by code and message.
///
/// # Panics
/// When they cannot be recomputed.
pub fn findings(conn: &mut PgConnection, table: &AuditedTable, kept: &[SealDigest]) -> Vec<String> {
    let found = verify_seals(conn, std::slice::from_ref(table), kept)
        .unwrap_or_else(|error| panic!("cannot verify {}: {error}", table.audit));
    let findings = found.findings.into_iter();
    findings
        .map(|finding| format!("{}: {}", finding.code, finding.message))
        .collect()
}
