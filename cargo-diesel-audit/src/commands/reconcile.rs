//! `reconcile`: whether rows are what their history says.

use diesel_audit_sql::reconcile::{PageRow, comparable};
use diesel_audit_sql::render::reconcile::{self as sql, LateColumn};
use diesel_audit_sql::{Discrepancy, DiscrepancyKind, Reconciled};
use postgres::{Client, Transaction};
use serde_json::{Map, Value, json};

use super::pages::{self, Chosen, PageError, plain};
use crate::Stop;
use crate::args::{Format, Global, Reconcile};
use crate::database::connect;
use crate::fault::Fault;
use crate::project::Surroundings;
use crate::shell::Shell;

/// The exit code for rows that differ.
const DIFFERENT: u8 = 1;

pub(crate) fn run(
    args: &Reconcile,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    let chosen = pages::tables(args.table.table.as_deref(), global, surroundings, shell)?;
    let mut client = connect(&args.database, surroundings)?;
    let mut faults = Vec::new();
    let mut differ = 0;
    for chosen in &chosen {
        let mut job = Job {
            args,
            chosen,
            client: &mut client,
            late: Vec::new(),
            all: Reconciled::behind(args.table.after.clone()),
        };
        match job.run(shell) {
            Ok(()) => {}
            Err(Failed::Page(error)) => {
                faults.push(error.fault(&chosen.table, job.all.last_key.as_deref()));
            }
            Err(Failed::Output(stop)) => return Err(stop),
        }
        differ += job.all.discrepancies();
    }
    if !faults.is_empty() {
        return Err(faults.into());
    }
    if differ == 0 {
        return Ok(0);
    }
    let plural = if differ == 1 { "row is" } else { "rows are" };
    let fault = Fault::new(format!("{differ} {plural} not what the history says"));
    shell.errors(vec![fault.help(
        "find out who wrote past the trigger; `cargo diesel-audit baseline` begins a history for what has none",
    )]);
    Ok(DIFFERENT)
}

/// One table. What differs is printed page by page, and not kept.
struct Job<'a> {
    args: &'a Reconcile,
    chosen: &'a Chosen,
    client: &'a mut Client,
    late: Vec<LateColumn>,
    all: Reconciled,
}

enum Failed {
    Page(PageError),
    Output(Stop),
}

impl From<PageError> for Failed {
    fn from(error: PageError) -> Failed {
        Failed::Page(error)
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Failed {
        Failed::Output(error.into())
    }
}

impl Job<'_> {
    fn run(&mut self, shell: &mut Shell<'_>) -> Result<(), Failed> {
        comparable(&self.chosen.table).map_err(|why| PageError::Other(why.to_string()))?;
        let table = plain(&self.chosen.table);
        self.late = self.late_columns()?;
        while let Some(found) = self.page()? {
            let mut text = String::new();
            for discrepancy in &found {
                match self.args.output.format {
                    Format::Text => text.push_str(&format!("{table} {discrepancy}\n")),
                    Format::Json => text.push_str(&format!("{}\n", line(&table, discrepancy))),
                }
            }
            shell.result(&text)?;
        }
        if self.args.output.format == Format::Json {
            shell.result(&format!("{}\n", last_line(&table, &self.all)))?;
        }
        shell.status("Finished", format!("{table}: {}", self.all));
        Ok(())
    }

    fn begin(&mut self) -> Result<Transaction<'_>, PageError> {
        let settle = sql::settle(&self.chosen.table, &self.chosen.lock_timeout);
        Ok(pages::begin(self.client, &settle, true)?)
    }

    fn late_columns(&mut self) -> Result<Vec<LateColumn>, PageError> {
        let table = &self.chosen.table;
        let mut transaction = self.begin()?;
        let mut late = Vec::new();
        for row in transaction.query(&sql::late_columns(table), &[])? {
            let (name, required): (String, bool) = (row.try_get(0)?, row.try_get(1)?);
            let first_value = match required {
                true => None,
                false => transaction
                    .query_one(&sql::first_value(table, &name), &[])?
                    .try_get(0)?,
            };
            late.push(LateColumn {
                name,
                required,
                first_value,
            });
        }
        Ok(late)
    }

    /// What differs in the next page, or nothing behind the last one.
    fn page(&mut self) -> Result<Option<Vec<Discrepancy>>, PageError> {
        let table = &self.chosen.table;
        let (after, late) = (self.all.last_key.clone(), self.late.clone());
        let size = self.args.page;
        let mut transaction = self.begin()?;
        let keyset = pages::keyset(&mut transaction, table, after.as_deref())?;
        let rows = transaction.query(&sql::page(table, &keyset, size, &late), &[])?;
        let answer = rows.iter().map(|row| -> Result<PageRow, postgres::Error> {
            Ok((
                row.try_get(0)?,
                row.try_get(1)?,
                row.try_get(2)?,
                row.try_get(3)?,
            ))
        });
        let answer: Vec<PageRow> = answer.collect::<Result<_, _>>()?;
        drop(transaction);
        Ok(self.all.add(answer))
    }
}

fn line(table: &str, discrepancy: &Discrepancy) -> Value {
    json!({
        "format_version": 1,
        "table": table,
        "key": discrepancy.key,
        "kind": discrepancy.kind.word(),
        "columns": discrepancy.columns,
    })
}

fn last_line(table: &str, all: &Reconciled) -> Value {
    let kinds = DiscrepancyKind::ALL.into_iter();
    let counts: Map<String, Value> = kinds
        .map(|kind| (kind.word().to_owned(), all.of(kind).into()))
        .collect();
    json!({
        "format_version": 1,
        "table": table,
        "keys": all.keys,
        "last_key": all.last_key,
        "discrepancies": counts,
    })
}
