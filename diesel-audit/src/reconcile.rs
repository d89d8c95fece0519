//! The comparison of rows with their history.

use std::time::Duration;
use std::vec;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_audit_model::AuditedTable;
use diesel_audit_sql::reconcile::{PageRow, comparable};
use diesel_audit_sql::render::reconcile::{self, LateColumn};
use diesel_audit_sql::{Discrepancy, Reconciled};

use crate::{AuditError, pages};

/// Compares the rows of an audited table with the last audit row of each key,
/// and gives what differs: what was written past the trigger, such as by `ALTER
/// TABLE .. USING`, while it was disabled or gone, by a restore, or with a
/// partition that was attached or detached.
///
/// The iterator goes through the keys of both in order, and keeps no more than a
/// page of them. Each page is read in one snapshot, so writers neither wait nor
/// make a difference. No value but the keys leaves the database.
///
/// Rows from before the audit began have no history, and are reported, unless a
/// [`baseline`](crate::baseline()) gave them one. Of an audit that leaves
/// operations out, only that is reported which it would have recorded. Columns
/// that are not recorded are not compared, and values are compared by their
/// bytes.
///
/// A column that came to the audit later is NULL in the rows of before. Such a
/// NULL is no difference; nor is one that may be such. When the database was
/// dumped and restored, or a column was excluded for some time, nothing tells
/// them from others: then a row is reported until it is written again.
///
/// # Errors
/// [`AuditError::Incomparable`] for a model with a condition (`when`), of which
/// nothing tells what it has left out; [`AuditError::Key`] for a table without a primary key in the database, and for
/// an [`after`](ReconcileOptions::after) that is none of its keys;
/// [`AuditError::Database`], also when a transaction is open already. Each step
/// can fail in the same ways, and is the last one then.
///
/// ```no_run
/// use diesel::prelude::*;
/// use diesel_audit::{AuditError, AuditedTable, ReconcileOptions, reconcile};
///
/// fn report(conn: &mut PgConnection, table: &AuditedTable) -> Result<bool, AuditError> {
///     let mut differences = reconcile(conn, table, ReconcileOptions::new())?;
///     for difference in &mut differences {
///         println!("{}", difference?);
///     }
///     println!("{}", differences.summary());
///     Ok(differences.summary().discrepancies() == 0)
/// }
/// ```
pub fn reconcile<'a>(
    conn: &'a mut PgConnection,
    table: &'a AuditedTable,
    options: ReconcileOptions,
) -> Result<Reconcile<'a>, AuditError> {
    comparable(table).map_err(AuditError::Incomparable)?;
    let settle = reconcile::settle(table, &pages::lock_timeout(options.lock_timeout));
    let late = pages::transaction(conn).read_only().run(|conn| {
        conn.batch_execute(&settle)?;
        pages::keyset(conn, table, options.after.as_deref())?;
        late_columns(conn, table)
    })?;
    Ok(Reconcile {
        conn,
        table,
        settle,
        page_size: options.page_size,
        late,
        found: Vec::new().into_iter(),
        summary: Reconciled::behind(options.after),
        done: false,
    })
}

fn late_columns(
    conn: &mut PgConnection,
    table: &AuditedTable,
) -> Result<Vec<LateColumn>, AuditError> {
    let late: Vec<(String, bool)> =
        sql::<(Text, Bool)>(&reconcile::late_columns(table)).load(conn)?;
    late.into_iter()
        .map(|(name, required)| {
            let first_value = match required {
                true => None,
                false => sql::<Nullable<BigInt>>(&reconcile::first_value(table, &name))
                    .get_result(conn)?,
            };
            Ok(LateColumn {
                name,
                required,
                first_value,
            })
        })
        .collect()
}

/// How [`reconcile()`] goes about its work.
#[derive(Debug, Clone)]
pub struct ReconcileOptions {
    page_size: u32,
    after: Option<String>,
    lock_timeout: Duration,
}

impl ReconcileOptions {
    /// Ten thousand keys at a time, from the first one, and waiting for at most
    /// five seconds.
    pub fn new() -> ReconcileOptions {
        ReconcileOptions {
            page_size: 10_000,
            after: None,
            lock_timeout: Duration::from_secs(5),
        }
    }

    /// How many keys a transaction compares; at least one.
    pub fn page_size(self, keys: u32) -> ReconcileOptions {
        let page_size = keys.max(1);
        ReconcileOptions { page_size, ..self }
    }

    /// Begins behind this key, as an earlier run has told it.
    pub fn after(self, key: impl Into<String>) -> ReconcileOptions {
        let after = Some(key.into());
        ReconcileOptions { after, ..self }
    }

    /// How long a page waits for the tables while somebody changes them.
    pub fn lock_timeout(self, wait: Duration) -> ReconcileOptions {
        ReconcileOptions {
            lock_timeout: wait,
            ..self
        }
    }
}

impl Default for ReconcileOptions {
    fn default() -> ReconcileOptions {
        ReconcileOptions::new()
    }
}

/// The discrepancies that [`reconcile()`] finds.
#[must_use = "nothing is compared before the iterator is used"]
#[expect(missing_debug_implementations, reason = "a connection has none")]
pub struct Reconcile<'a> {
    conn: &'a mut PgConnection,
    table: &'a AuditedTable,
    settle: String,
    page_size: u32,
    late: Vec<LateColumn>,
    found: vec::IntoIter<Discrepancy>,
    summary: Reconciled,
    done: bool,
}

impl Reconcile<'_> {
    /// What was compared so far, to the end of the page of the last discrepancy.
    pub fn summary(&self) -> &Reconciled {
        &self.summary
    }

    /// Goes on to the end, and only counts.
    ///
    /// # Errors
    /// The first one of a step.
    pub fn finish(mut self) -> Result<Reconciled, AuditError> {
        for discrepancy in &mut self {
            discrepancy?;
        }
        Ok(self.summary)
    }

    /// The discrepancies of the next page, or nothing behind the last one.
    fn page(&mut self) -> Result<Option<Vec<Discrepancy>>, AuditError> {
        let Reconcile {
            table,
            settle,
            page_size,
            late,
            ..
        } = self;
        let after = self.summary.last_key.as_deref();
        let answer: Vec<PageRow> = pages::transaction(self.conn).read_only().run(|conn| {
            conn.batch_execute(settle)?;
            let keyset = pages::keyset(conn, table, after)?;
            let page = reconcile::page(table, &keyset, *page_size, late);
            sql::<(
                Nullable<Text>,
                Nullable<Text>,
                Nullable<Array<Text>>,
                BigInt,
            )>(&page)
            .load(conn)
            .map_err(AuditError::from)
        })?;
        Ok(self.summary.add(answer))
    }
}

/// Ends behind the last key, and behind an error.
impl Iterator for Reconcile<'_> {
    type Item = Result<Discrepancy, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(discrepancy) = self.found.next() {
                return Some(Ok(discrepancy));
            }
            if self.done {
                return None;
            }
            match self.page() {
                Ok(Some(found)) => self.found = found.into_iter(),
                Ok(None) => self.done = true,
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
            }
        }
    }
}
