//! `seal`: seals what was written since the last seals.

use std::path::Path;

use diesel_audit_sql::seals::Sealer;
use diesel_audit_sql::{Seal, SealProblem};
use postgres::{Client, IsolationLevel};
use serde_json::{Value, json};

use super::pages::{self, Chosen, plain};
use super::verify::rows;
use crate::Stop;
use crate::args::{self, Format, Global};
use crate::database::{connect, said};
use crate::fault::{Fault, shown};
use crate::project::Surroundings;
use crate::shell::Shell;
use crate::write;

pub(crate) fn run(
    args: &args::Seal,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    let chosen = sealed(args, global, surroundings, shell)?;
    let mut client = connect(&args.database, surroundings)?;
    let mut faults = Vec::new();
    let mut report = Vec::new();
    for chosen in &chosen {
        let name = plain(&chosen.table);
        match seal(&mut client, chosen, args.after_restore) {
            Ok(Some(seal)) => {
                if args.output.format == Format::Text {
                    shell.result(&format!("{seal}\n"))?;
                }
                report.push(line(&seal));
                if let Some(path) = &args.digests {
                    let path = surroundings.current_dir.join(path);
                    faults.extend(keep(&path, &seal, &surroundings.current_dir));
                }
                let plural = if seal.rows == 1 { "row" } else { "rows" };
                shell.status("Sealed", format!("{name}: {} {plural}", seal.rows));
            }
            Ok(None) => shell.status("Finished", format!("{name}: nothing to seal")),
            Err(error) => faults.push(error.fault(&name)),
        }
    }
    if args.output.format == Format::Json {
        let report = json!({ "format_version": 1, "seals": report });
        shell.result(&format!("{report}\n"))?;
    }
    match faults.is_empty() {
        true => Ok(0),
        false => Err(faults.into()),
    }
}

/// The sealed ones among what the migrations audit.
fn sealed(
    args: &args::Seal,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<Vec<Chosen>, Stop> {
    let mut chosen = pages::tables(args.table.as_deref(), global, surroundings, shell)?;
    chosen.retain(|chosen| chosen.table.policy.seals);
    if chosen.is_empty() {
        let message = match &args.table {
            Some(name) => format!("the audit of `{name}` is not sealed"),
            None => "no audit is sealed".to_owned(),
        };
        let help = "write `#[audit(seals)]` on the model, and run `cargo diesel-audit generate`";
        return Err(Fault::new(message).help(help).into());
    }
    Ok(chosen)
}

fn seal(
    client: &mut Client,
    chosen: &Chosen,
    after_restore: bool,
) -> Result<Option<Seal>, SealError> {
    let Some(mut sealer) = Sealer::new(&chosen.table, after_restore) else {
        return Ok(None);
    };
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()?;
    transaction.batch_execute(&sealer.settle(&chosen.lock_timeout))?;
    while let Some(query) = sealer.query() {
        sealer.answer(rows(&mut transaction, &query)?)?;
    }
    transaction.commit()?;
    Ok(sealer.finish())
}

/// The digest is on standard output by now.
fn keep(path: &Path, seal: &Seal, current_dir: &Path) -> Option<Fault> {
    let error = write::append(path, &format!("{seal}\n")).err()?;
    let path = shown(path, current_dir);
    Some(
        Fault::new(format!("cannot write to {path}: {error}"))
            .help(format!("the seal is made; add the line `{seal}` by hand")),
    )
}

fn line(seal: &Seal) -> Value {
    json!({
        "table": seal.table.to_string(),
        "number": seal.number,
        "digest": format!("sha256:{}", seal.digest),
        "rows": seal.rows,
    })
}

/// Why a table is not sealed.
enum SealError {
    Database(postgres::Error),
    Problem(SealProblem),
}

impl From<postgres::Error> for SealError {
    fn from(error: postgres::Error) -> SealError {
        SealError::Database(error)
    }
}

impl From<SealProblem> for SealError {
    fn from(problem: SealProblem) -> SealError {
        SealError::Problem(problem)
    }
}

impl SealError {
    fn fault(&self, name: &str) -> Fault {
        Fault::new(match self {
            SealError::Database(error) => format!("{name}: {}", said(error)),
            SealError::Problem(problem) => problem.to_string(),
        })
    }
}
