//! Going through the audited tables of a database, page by page.

use diesel_audit_model::AuditedTable;
use diesel_audit_sql::LockTimeout;
use diesel_audit_sql::render::keyset::{self, KeyRow, Keyset};
use postgres::{Client, IsolationLevel, Transaction};

use super::audits;
use crate::Stop;
use crate::args::Global;
use crate::database::said;
use crate::fault::Fault;
use crate::project::Surroundings;
use crate::shell::Shell;

/// A table to go through.
pub(super) struct Chosen {
    pub(super) table: AuditedTable,
    pub(super) lock_timeout: LockTimeout,
}

/// What the migrations audit: the table that is asked for, or all of them.
///
/// # Errors
/// When there is no such table, or there are two.
pub(super) fn tables(
    asked: Option<&str>,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<Vec<Chosen>, Stop> {
    let mut all = Vec::new();
    for audit in audits(global, surroundings, shell)? {
        let lock_timeout = audit.lock_timeout;
        let installed = audit.installed.into_iter();
        all.extend(installed.map(|installed| Chosen {
            table: installed.table,
            lock_timeout: lock_timeout.clone(),
        }));
    }
    if all.is_empty() {
        let fault = Fault::new("the migrations audit no table");
        return Err(fault.help("run `cargo diesel-audit generate`").into());
    }
    let Some(name) = asked else {
        return Ok(all);
    };
    let names: Vec<String> = all.iter().map(|chosen| plain(&chosen.table)).collect();
    all.retain(|chosen| {
        let source = &chosen.table.source;
        source.name == name || plain(&chosen.table) == name
    });
    match all.len() {
        1 => Ok(all),
        0 => Err(Fault::new(format!("no audited table is called `{name}`"))
            .help(format!("the tables are `{}`", names.join("`, `")))
            .into()),
        _ => {
            let names: Vec<String> = all.iter().map(|chosen| plain(&chosen.table)).collect();
            Err(
                Fault::new(format!("several audited tables are called `{name}`"))
                    .help(format!("write `{}`", names.join("` or `")))
                    .into(),
            )
        }
    }
}

/// A name as people write it.
pub(super) fn plain(table: &AuditedTable) -> String {
    format!("{}.{}", table.source.schema, table.source.name)
}

/// Begins the transaction of a page.
pub(super) fn begin<'c>(
    client: &'c mut Client,
    settle: &str,
    read_only: bool,
) -> Result<Transaction<'c>, postgres::Error> {
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(read_only)
        .start()?;
    transaction.batch_execute(settle)?;
    Ok(transaction)
}

/// Where the page begins, as the catalog is now.
pub(super) fn keyset(
    transaction: &mut Transaction<'_>,
    table: &AuditedTable,
    after: Option<&str>,
) -> Result<Keyset, PageError> {
    let rows = transaction.query(&keyset::lookup(table, after), &[])?;
    let answer = rows.iter().map(|row| -> Result<KeyRow, postgres::Error> {
        Ok((
            row.try_get(0)?,
            row.try_get(1)?,
            row.try_get(2)?,
            row.try_get(3)?,
            row.try_get(4)?,
            row.try_get(5)?,
            row.try_get(6)?,
        ))
    });
    let answer: Vec<KeyRow> = answer.collect::<Result<_, _>>()?;
    Keyset::new(table, answer, after).map_err(|problem| PageError::Other(problem.to_string()))
}

/// Why a page could not be read or written.
pub(super) enum PageError {
    Database(postgres::Error),
    Other(String),
}

impl From<postgres::Error> for PageError {
    fn from(error: postgres::Error) -> PageError {
        PageError::Database(error)
    }
}

impl PageError {
    /// The fault of a run, with the way to go on with it.
    pub(super) fn fault(&self, table: &AuditedTable, after: Option<&str>) -> Fault {
        let message = match self {
            PageError::Database(error) => said(error),
            PageError::Other(message) => message.clone(),
        };
        let name = plain(table);
        let fault = Fault::new(format!("{name}: {message}"));
        match after {
            Some(after) => fault.help(format!(
                "go on with `--table {} --after {}`",
                in_shell(&name),
                in_shell(after)
            )),
            None => fault,
        }
    }
}

/// A word for a POSIX shell, quoted where it has to be.
pub(super) fn in_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_.:/@+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
