//! Whether sealed rows are what they were, and the seals those that were kept.

use std::fs;
use std::path::Path;

use diesel_audit_model::AuditedTable;
use diesel_audit_sql::verify::{SealVerifier, Verification};
use diesel_audit_sql::{LockTimeout, SealDigest};
use postgres::{Client, IsolationLevel};

use super::{cells, rows};
use crate::fault::{Fault, shown};

/// The digests of a file, each on a line of its own.
///
/// # Errors
/// When the file cannot be read, and every line that is none.
pub(super) fn digests(path: &Path, current_dir: &Path) -> Result<Vec<SealDigest>, Vec<Fault>> {
    let name = shown(path, current_dir);
    let text = fs::read_to_string(path)
        .map_err(|error| vec![Fault::new(format!("cannot read {name}: {error}"))])?;
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let mut faults = Vec::new();
    let mut digests = Vec::new();
    for (n, line) in lines {
        match line.parse() {
            Ok(digest) => digests.push(digest),
            Err(error) => faults.push(Fault::new(format!("{name}, line {}: {error}", n + 1))),
        }
    }
    match faults.is_empty() {
        true => Ok(digests),
        false => Err(faults),
    }
}

/// Each table in a snapshot of its own.
pub(super) fn verify(
    client: &mut Client,
    tables: &[AuditedTable],
    kept: &[SealDigest],
    lock_timeout: &LockTimeout,
) -> Result<Verification, postgres::Error> {
    let mut all = Verification::default();
    let verifiers = tables.iter();
    for mut verifier in verifiers.filter_map(|table| SealVerifier::new(table, kept)) {
        let exists = client.query(&verifier.exists(), &[])?;
        if verifier.found(cells(&exists)?) {
            let mut transaction = client
                .build_transaction()
                .isolation_level(IsolationLevel::RepeatableRead)
                .read_only(true)
                .start()?;
            transaction.batch_execute(&verifier.settle(lock_timeout))?;
            while let Some(query) = verifier.query() {
                verifier.answer(rows(&mut transaction, &query)?);
            }
        }
        all.extend(verifier.finish());
    }
    Ok(all)
}
