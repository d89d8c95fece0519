//! The first audit rows of what was there before its audit.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_audit_model::AuditedTable;
use diesel_audit_model::value::value_problem;
use diesel_audit_sql::baseline::{Attempt, Attempts, BatchRow};
use diesel_audit_sql::render::baseline;
use diesel_audit_sql::{BaselineBatch, Baselined};

use crate::{AuditContext, AuditError, ToAuditContext, pages};

/// Gives every row of an audited table whose key has no history a first audit
/// row `B` ([`Operation::Baseline`](crate::Operation::Baseline)), which holds
/// the row as it is: then its state before its first change is known. So does a
/// row whose history has no value of a column with `on_change`, which later rows
/// would say is as before.
///
/// The iterator goes through the table in the order of its primary key. Each
/// step is a short transaction that locks only the rows it writes a `B` for,
/// against writers and not against readers; the order of the history stays true
/// for each key. Nothing happens before the first step. What is done is done:
/// a run that was stopped begins again behind the last key, or from the front,
/// and makes no second row.
///
/// [`finish`](Baseline::finish) takes all steps at once. Run it with the rights
/// of the owner of both tables, and when the triggers are installed. A table
/// that is small enough can have its baseline in the migration instead
/// (`cargo diesel-audit generate --baseline`).
///
/// # Errors
/// [`AuditError::SettingRefused`] for a value of the context that is longer than
/// the table takes. Each step can fail with
/// - [`AuditError::Key`] for a table without a primary key in the database, and
///   for an [`after`](BaselineOptions::after) that is none of its keys,
/// - [`AuditError::RowsLocked`] when somebody held rows for longer than
///   [`lock_timeout`](BaselineOptions::lock_timeout),
/// - [`AuditError::Database`], also when a transaction is open already.
///
/// ```no_run
/// use diesel::prelude::*;
/// use diesel_audit::{AuditContext, AuditError, Audited, BaselineOptions, baseline};
///
/// diesel::table! {
///     users (id) { id -> BigInt, email -> Text }
/// }
///
/// #[derive(Queryable, Selectable, Identifiable, Audited)]
/// #[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
/// #[audit(session_settings(username: Text))]
/// struct User {
///     id: i64,
///     email: String,
/// }
///
/// fn begin(conn: &mut PgConnection) -> Result<(), AuditError> {
///     let table = User::audited_table()?;
///     let context = AuditContext::new().set("username", "baseline")?;
///     let options = BaselineOptions::new().context(&context)?.batch_size(500);
///     for batch in baseline(conn, &table, options)? {
///         let batch = batch?;
///         println!("{} rows, up to {}", batch.written, batch.last_key);
///     }
///     Ok(())
/// }
/// ```
pub fn baseline<'a>(
    conn: &'a mut PgConnection,
    table: &'a AuditedTable,
    options: BaselineOptions,
) -> Result<Baseline<'a>, AuditError> {
    let settings = table
        .settings
        .iter()
        .filter_map(|setting| options.context.iter().find(|(n, _)| *n == setting.name));
    for (name, value) in settings {
        if let Some(problem) = value_problem(value, table.policy.max_value_bytes) {
            let problem = problem.into();
            return Err(AuditError::SettingRefused { name, problem });
        }
    }
    Ok(Baseline {
        conn,
        table,
        after: options.after.clone(),
        options,
        done: false,
    })
}

/// How [`baseline()`] goes about its work.
#[derive(Debug, Clone)]
pub struct BaselineOptions {
    batch_size: u32,
    after: Option<String>,
    context: AuditContext,
    lock_timeout: Duration,
}

impl BaselineOptions {
    /// A thousand rows at a time, from the first one, without a context, and
    /// waiting for at most five seconds.
    pub fn new() -> BaselineOptions {
        BaselineOptions {
            batch_size: 1_000,
            after: None,
            context: AuditContext::new(),
            lock_timeout: Duration::from_secs(5),
        }
    }

    /// How many rows a transaction looks at; at least one.
    pub fn batch_size(self, rows: u32) -> BaselineOptions {
        let batch_size = rows.max(1);
        BaselineOptions { batch_size, ..self }
    }

    /// Begins behind this key, as an earlier run has told it.
    pub fn after(self, key: impl Into<String>) -> BaselineOptions {
        let after = Some(key.into());
        BaselineOptions { after, ..self }
    }

    /// The session settings of the `B` rows. Those that it lacks are NULL, also
    /// where a write would need them.
    ///
    /// # Errors
    /// What is wrong with the context.
    pub fn context<C>(self, context: &C) -> Result<BaselineOptions, AuditError>
    where
        C: ToAuditContext + ?Sized,
    {
        let context = context.to_audit_context()?;
        Ok(BaselineOptions { context, ..self })
    }

    /// How long a batch waits for the tables, and for rows that somebody holds.
    pub fn lock_timeout(self, wait: Duration) -> BaselineOptions {
        BaselineOptions {
            lock_timeout: wait,
            ..self
        }
    }
}

impl Default for BaselineOptions {
    fn default() -> BaselineOptions {
        BaselineOptions::new()
    }
}

/// The steps of [`baseline()`].
#[must_use = "nothing is written before the iterator is used"]
#[expect(missing_debug_implementations, reason = "a connection has none")]
pub struct Baseline<'a> {
    conn: &'a mut PgConnection,
    table: &'a AuditedTable,
    options: BaselineOptions,
    after: Option<String>,
    done: bool,
}

impl Baseline<'_> {
    /// Takes all steps that are left.
    ///
    /// # Errors
    /// The first one of a step.
    pub fn finish(self) -> Result<Baselined, AuditError> {
        let mut all = Baselined {
            last_key: self.after.clone(),
            ..Baselined::default()
        };
        for batch in self {
            all.add(&batch?);
        }
        Ok(all)
    }

    /// The next batch, tried until nobody stood in its way.
    fn batch(&mut self) -> Result<Option<BaselineBatch>, AuditError> {
        let deadline = Instant::now() + self.options.lock_timeout;
        let mut attempts = Attempts::default();
        loop {
            let is_late = Instant::now() >= deadline;
            match self.attempt() {
                Ok(row) => match attempts.add(row) {
                    Attempt::Done(batch) => return Ok(batch),
                    Attempt::Again(rows) if is_late => {
                        let after = self.after.clone();
                        return Err(AuditError::RowsLocked { rows, after });
                    }
                    Attempt::Again(_) => {}
                },
                // Somebody wrote to a row since the snapshot.
                Err(AuditError::Database(Error::DatabaseError(
                    DatabaseErrorKind::SerializationFailure,
                    _,
                ))) if !is_late => {}
                Err(error) => return Err(error),
            }
            thread::sleep(BETWEEN_ATTEMPTS);
        }
    }

    fn attempt(&mut self) -> Result<BatchRow, AuditError> {
        let Baseline { table, options, .. } = self;
        let settings: Vec<(&str, &str)> = options.context.iter().collect();
        let settle = baseline::settle(table, &pages::lock_timeout(options.lock_timeout));
        let after = self.after.as_deref();
        pages::transaction(self.conn).run(|conn| {
            conn.batch_execute(&settle)?;
            let keyset = pages::keyset(conn, table, after)?;
            let batch = baseline::batch(table, &keyset, options.batch_size, &settings);
            sql::<(BigInt, BigInt, BigInt, Nullable<Text>)>(&batch)
                .get_result(conn)
                .map_err(AuditError::from)
        })
    }
}

/// Long enough for a short transaction to end.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(10);

/// Ends behind the last row, and behind an error.
impl Iterator for Baseline<'_> {
    type Item = Result<BaselineBatch, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let batch = self.batch().transpose();
        match &batch {
            Some(Ok(batch)) => self.after = Some(batch.last_key.clone()),
            Some(Err(_)) | None => self.done = true,
        }
        batch
    }
}
