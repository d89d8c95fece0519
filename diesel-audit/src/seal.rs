//! Seals of audit tables: made after the commit of what they cover, and
//! recomputed.

#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection;
#[cfg(feature = "postgres")]
use diesel::pg::PgConnection;
use diesel_audit_model::{AuditedTable, check};
use diesel_audit_sql::seals::Sealer;
use diesel_audit_sql::verify::{SealVerifier, Verification};
use diesel_audit_sql::{LockTimeout, Seal, SealDigest};

use crate::AuditError;
#[cfg(feature = "postgres")]
use crate::verify::rows;
#[cfg(feature = "async")]
use crate::verify::rows_async;

/// Seals the audit rows of every transaction that has ended and is not sealed
/// yet, for the tables with `#[audit(seals)]`; other tables are passed over. It
/// is for a task in the background, once a second or once a day: until then a
/// change of an audit row leaves no trace.
///
/// A seal is a hash over a block of rows and over the seal before it, so that
/// [`verify_seals`] finds whatever was changed, removed or inserted later. What it
/// cannot find is a chain that its owner has made anew: for that, the [`Seal`]s
/// that this gives have to be kept where the owner cannot write. It gives the last
/// seal of each table that had something to seal.
///
/// Each table is sealed in a transaction of its own, with writers going on, and
/// by one at a time. Run it with the rights of the owner of the audit tables.
/// The first run on a full table reads all of it.
///
/// ```no_run
/// use diesel::prelude::*;
/// use diesel_audit::{AuditError, AuditedTable, seal};
///
/// fn every_minute(conn: &mut PgConnection, tables: &[AuditedTable]) -> Result<(), AuditError> {
///     for seal in seal(conn, tables)? {
///         println!("{seal}");
///     }
///     Ok(())
/// }
/// ```
///
/// # Errors
/// [`AuditError::Model`] before any SQL. [`AuditError::Seal`] when the database was
/// restored into another cluster: see [`seal_after_restore`].
/// [`AuditError::Database`] with everything else, also when a transaction is open
/// already or somebody changes the tables for longer than five seconds. The tables
/// before the one that fails are sealed.
#[cfg(feature = "postgres")]
pub fn seal(conn: &mut PgConnection, tables: &[AuditedTable]) -> Result<Vec<Seal>, AuditError> {
    run(conn, tables, false)
}

/// [`seal()`] for the first time after a dump was restored into another cluster,
/// whose transactions begin anew: their numbers are no longer an order that goes
/// on. Everything that is not sealed becomes one block, and the chain goes on
/// behind it.
///
/// Run it directly after the restore: writers wait until it ends.
///
/// # Errors
/// As [`seal()`], but for [`AuditError::Seal`] of a restored database.
#[cfg(feature = "postgres")]
pub fn seal_after_restore(
    conn: &mut PgConnection,
    tables: &[AuditedTable],
) -> Result<Vec<Seal>, AuditError> {
    run(conn, tables, true)
}

#[cfg(feature = "postgres")]
fn run(
    conn: &mut PgConnection,
    tables: &[AuditedTable],
    after_restore: bool,
) -> Result<Vec<Seal>, AuditError> {
    check::check_together(tables)?;
    let mut seals = Vec::new();
    for mut sealer in tables
        .iter()
        .filter_map(|table| Sealer::new(table, after_restore))
    {
        let mut transaction = conn.build_transaction().read_committed();
        transaction.run(|conn| {
            conn.batch_execute(&sealer.settle(&LockTimeout::default()))?;
            while let Some(query) = sealer.query() {
                sealer.answer(rows(conn, &query)?)?;
            }
            Ok::<_, AuditError>(())
        })?;
        seals.extend(sealer.finish());
    }
    Ok(seals)
}

/// Recomputes every seal, and tells of rows that were changed, removed or inserted
/// since they were sealed, of seals that are no chain, and of those that are other
/// ones than `kept` says, which holds digests from outside the database and may be
/// empty. Nothing is changed.
///
/// Each table is read in one snapshot, once, in a transaction of its own; writers
/// and sealers go on. Rows that are not sealed yet are not looked at. Whether the
/// seals and their rights are in order is for [`verify`](crate::verify()).
///
/// ```no_run
/// use diesel::prelude::*;
/// use diesel_audit::{AuditError, AuditedTable, SealDigest, verify_seals};
///
/// fn nightly(conn: &mut PgConnection, tables: &[AuditedTable], kept: &str) -> Result<(), AuditError> {
///     let kept: Vec<SealDigest> = kept.lines().filter_map(|line| line.parse().ok()).collect();
///     verify_seals(conn, tables, &kept)?.into_result()?;
///     Ok(())
/// }
/// ```
///
/// # Errors
/// [`AuditError::Model`] before any SQL; otherwise the database's error, also when
/// a transaction is open already. What is found is no error: see
/// [`Verification::into_result`].
#[cfg(feature = "postgres")]
pub fn verify_seals(
    conn: &mut PgConnection,
    tables: &[AuditedTable],
    kept: &[SealDigest],
) -> Result<Verification, AuditError> {
    check::check_together(tables)?;
    let mut all = Verification::default();
    for mut verifier in tables
        .iter()
        .filter_map(|table| SealVerifier::new(table, kept))
    {
        let exists = verifier.exists();
        if verifier.found(rows(conn, &exists)?) {
            let mut transaction = conn.build_transaction().repeatable_read().read_only();
            transaction.run(|conn| {
                conn.batch_execute(&verifier.settle(&LockTimeout::default()))?;
                while let Some(query) = verifier.query() {
                    verifier.answer(rows(conn, &query)?);
                }
                Ok::<_, AuditError>(())
            })?;
        }
        all.extend(verifier.finish());
    }
    Ok(all)
}

/// [`seal()`] on diesel-async's connection.
///
/// # Errors
/// As [`seal()`].
#[cfg(feature = "async")]
pub async fn seal_async(
    conn: &mut diesel_async::AsyncPgConnection,
    tables: &[AuditedTable],
) -> Result<Vec<Seal>, AuditError> {
    use diesel_async::SimpleAsyncConnection;

    check::check_together(tables)?;
    let mut seals = Vec::new();
    for mut sealer in tables.iter().filter_map(|table| Sealer::new(table, false)) {
        let mut transaction = conn.build_transaction().read_committed();
        let sealer = transaction
            .run(async |conn| {
                let settle = sealer.settle(&LockTimeout::default());
                conn.batch_execute(&settle).await?;
                while let Some(query) = sealer.query() {
                    sealer.answer(rows_async(conn, &query).await?)?;
                }
                Ok::<_, AuditError>(sealer)
            })
            .await?;
        seals.extend(sealer.finish());
    }
    Ok(seals)
}

/// [`verify_seals()`] on diesel-async's connection.
///
/// # Errors
/// As [`verify_seals()`].
#[cfg(feature = "async")]
pub async fn verify_seals_async(
    conn: &mut diesel_async::AsyncPgConnection,
    tables: &[AuditedTable],
    kept: &[SealDigest],
) -> Result<Verification, AuditError> {
    use diesel_async::SimpleAsyncConnection;

    check::check_together(tables)?;
    let mut all = Verification::default();
    for mut verifier in tables
        .iter()
        .filter_map(|table| SealVerifier::new(table, kept))
    {
        let exists = verifier.exists();
        if verifier.found(rows_async(conn, &exists).await?) {
            let mut transaction = conn.build_transaction().repeatable_read().read_only();
            verifier = transaction
                .run(async |conn| {
                    let settle = verifier.settle(&LockTimeout::default());
                    conn.batch_execute(&settle).await?;
                    while let Some(query) = verifier.query() {
                        verifier.answer(rows_async(conn, &query).await?);
                    }
                    Ok::<_, AuditError>(verifier)
                })
                .await?;
        }
        all.extend(verifier.finish());
    }
    Ok(all)
}
