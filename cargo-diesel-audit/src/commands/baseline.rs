//! `baseline`: the first audit rows of what was there before its audit.

use std::thread;
use std::time::{Duration, Instant};

use diesel_audit_model::AuditedTable;
use diesel_audit_sql::baseline::{Attempt, Attempts, BatchRow};
use diesel_audit_sql::render::baseline as sql;
use diesel_audit_sql::{BaselineBatch, Baselined};
use postgres::Client;
use postgres::error::SqlState;
use serde_json::{Value, json};

use super::pages::{self, Chosen, PageError, in_shell, plain};
use super::preamble::values::only_said;
use crate::Stop;
use crate::args::{Baseline, Format, Global};
use crate::database::connect;
use crate::fault::Fault;
use crate::project::Surroundings;
use crate::shell::Shell;

/// Long enough for a short transaction to end.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(10);

/// How often a run says how far it is.
const BETWEEN_LINES: Duration = Duration::from_secs(2);

pub(crate) fn run(
    args: &Baseline,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    let chosen = pages::tables(args.table.table.as_deref(), global, surroundings, shell)?;
    let tables: Vec<&AuditedTable> = chosen.iter().map(|chosen| &chosen.table).collect();
    let settings = only_said(&tables, &args.set)?;
    let mut client = connect(&args.database, surroundings)?;
    let mut faults = Vec::new();
    let mut report = Vec::new();
    for chosen in &chosen {
        let mut job = Job {
            args,
            chosen,
            settings: &settings,
            client: &mut client,
            all: Baselined {
                last_key: args.table.after.clone(),
                ..Baselined::default()
            },
        };
        let done = job.run(shell);
        report.push(job.report());
        faults.extend(done.err());
    }
    if args.output.format == Format::Json {
        let report = json!({ "format_version": 1, "tables": report });
        shell.result(&format!("{report}\n"))?;
    }
    match faults.is_empty() {
        true => Ok(0),
        false => Err(faults.into()),
    }
}

/// One table.
struct Job<'a> {
    args: &'a Baseline,
    chosen: &'a Chosen,
    settings: &'a [(&'a str, &'a str)],
    client: &'a mut Client,
    all: Baselined,
}

impl Job<'_> {
    fn run(&mut self, shell: &mut Shell<'_>) -> Result<(), Fault> {
        let table = &self.chosen.table;
        let mut said = Instant::now();
        loop {
            match self.batch() {
                Ok(Some(batch)) => self.all.add(&batch),
                Ok(None) => break,
                Err(error) => return Err(error.fault(table, self.all.last_key.as_deref())),
            }
            if said.elapsed() >= BETWEEN_LINES {
                said = Instant::now();
                let after = in_shell(self.all.last_key.as_deref().unwrap_or_default());
                let line = format!("{}: {}, --after {after}", plain(table), self.all);
                shell.status("Writing", line);
            }
        }
        shell.status("Finished", format!("{}: {}", plain(table), self.all));
        Ok(())
    }

    /// The next batch, tried until nobody stood in its way.
    fn batch(&mut self) -> Result<Option<BaselineBatch>, PageError> {
        let patience = Duration::from_millis(self.chosen.lock_timeout.milliseconds());
        let deadline = Instant::now() + patience;
        let mut attempts = Attempts::default();
        loop {
            let is_late = Instant::now() >= deadline;
            match self.attempt() {
                Ok(row) => match attempts.add(row) {
                    Attempt::Done(batch) => return Ok(batch),
                    Attempt::Again(rows) if is_late => {
                        let message = format!("{rows} rows are held by other transactions");
                        return Err(PageError::Other(message));
                    }
                    Attempt::Again(_) => {}
                },
                // Somebody wrote to a row since the snapshot.
                Err(PageError::Database(error))
                    if !is_late && error.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE) => {}
                Err(error) => return Err(error),
            }
            thread::sleep(BETWEEN_ATTEMPTS);
        }
    }

    fn attempt(&mut self) -> Result<BatchRow, PageError> {
        let Chosen {
            table,
            lock_timeout,
        } = self.chosen;
        let settle = sql::settle(table, lock_timeout);
        let mut transaction = pages::begin(self.client, &settle, false)?;
        let keyset = pages::keyset(&mut transaction, table, self.all.last_key.as_deref())?;
        let batch = sql::batch(table, &keyset, self.args.batch, self.settings);
        let row = transaction.query_one(&batch, &[])?;
        let row = (
            row.try_get(0)?,
            row.try_get(1)?,
            row.try_get(2)?,
            row.try_get(3)?,
        );
        transaction.commit()?;
        Ok(row)
    }

    fn report(&self) -> Value {
        json!({
            "table": plain(&self.chosen.table),
            "rows": self.all.rows,
            "written": self.all.written,
            "last_key": self.all.last_key,
        })
    }
}
