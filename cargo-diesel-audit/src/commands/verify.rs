//! `verify`: whether a live database does what the models say.

mod seals;

use diesel_audit_model::AuditedTable;
use diesel_audit_sql::LockTimeout;
use diesel_audit_sql::render::catalog::PIN_SEARCH_PATH;
use diesel_audit_sql::verify::{Progress, Row, Verification, Verifier};
use postgres::{Client, IsolationLevel, Transaction};
use serde_json::json;

use super::audits;
use crate::Stop;
use crate::args::{Format, Global, Verify};
use crate::database::{connect, said};
use crate::fault::Fault;
use crate::project::Surroundings;
use crate::shell::Shell;

/// The exit code for a database that does not do what the models say.
const DIFFERENT: u8 = 1;

pub(crate) fn run(
    args: &Verify,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    let audits = audits(global, surroundings, shell)?;
    let declared = audits.iter().flat_map(|audit| &audit.declared);
    let tables: Vec<AuditedTable> = declared.map(|d| d.table.clone()).collect();
    let mut timeouts = audits.iter().map(|audit| audit.lock_timeout.clone());
    let timeout = timeouts.next().unwrap_or_default();
    let kept = match &args.digests {
        Some(path) => seals::digests(
            &surroundings.current_dir.join(path),
            &surroundings.current_dir,
        )?,
        None => Vec::new(),
    };
    let mut client = connect(&args.database, surroundings)?;
    let ask = |client: &mut Client| {
        let mut found = verify(client, &tables)
            .map_err(|error| Fault::new(format!("cannot read the catalog: {}", said(&error))))?;
        if args.seals {
            let sealed = seals::verify(client, &tables, &kept, &timeout);
            found.extend(sealed.map_err(|error| {
                Fault::new(format!("cannot recompute the seals: {}", said(&error)))
            })?);
        }
        Ok::<_, Stop>(found.allow(args.allow.iter().copied()))
    };
    let mut found = ask(&mut client)?;
    if args.apply
        && found
            .findings
            .iter()
            .any(|finding| finding.repair.is_some())
    {
        let repaired = found.findings.iter().filter(|f| f.repair.is_some()).count();
        apply(&mut client, &found, &timeout)?;
        shell.status("Repaired", counted(repaired, "finding"));
        found = ask(&mut client)?;
    }
    report(args, &found, &timeout, tables.len(), shell)
}

/// All in one read-only transaction, so that what it sees is of one moment.
fn verify(client: &mut Client, tables: &[AuditedTable]) -> Result<Verification, postgres::Error> {
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()?;
    rows(&mut transaction, PIN_SEARCH_PATH)?;
    let mut verifier = Verifier::new(tables);
    loop {
        let queries = verifier.queries();
        let answers: Result<_, _> = queries
            .iter()
            .map(|query| rows(&mut transaction, query))
            .collect();
        match verifier.answer(answers?) {
            Progress::More(next) => verifier = next,
            Progress::Done(found) => return Ok(found),
        }
    }
}

pub(super) fn rows(
    transaction: &mut Transaction<'_>,
    query: &str,
) -> Result<Vec<Row>, postgres::Error> {
    cells(&transaction.query(query, &[])?)
}

fn cells(rows: &[postgres::Row]) -> Result<Vec<Row>, postgres::Error> {
    rows.iter().map(|row| row.try_get("cells")).collect()
}

fn apply(client: &mut Client, found: &Verification, timeout: &LockTimeout) -> Result<(), Fault> {
    client.batch_execute(&found.script(timeout)).map_err(|error| {
        Fault::new(format!("cannot repair: {}", said(&error)))
            .help("nothing has changed; `--repair` prints the statements, and the owner of the objects may run them")
    })
}

fn report(
    args: &Verify,
    found: &Verification,
    timeout: &LockTimeout,
    models: usize,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    if args.output.format == Format::Json {
        let findings = found.findings.iter().map(|finding| {
            json!({
                "code": finding.code.name(),
                "object": finding.object,
                "message": finding.message,
                "reason": finding.code.reason(),
                "repair": finding.repair,
            })
        });
        let report = json!({
            "format_version": 1,
            "clean": found.is_clean(),
            "findings": findings.collect::<Vec<_>>(),
            "unchecked": found.unchecked,
        });
        shell.result(&format!("{report}\n"))?;
    } else if args.repair && !found.repair().is_empty() {
        shell.result(&found.script(timeout))?;
    }
    for what in &found.unchecked {
        shell.warning(&Fault::new(format!("not looked at: {what}")));
    }
    if found.is_clean() {
        let models = counted(models, "model");
        shell.status("Finished", format!("verified {models}"));
        return Ok(0);
    }
    let faults = found
        .findings
        .iter()
        .map(|finding| Fault::new(finding.to_string()));
    shell.errors(faults.collect());
    if !args.repair && !found.repair().is_empty() {
        shell.hint("`--repair` prints the statements that put it right, `--apply` runs them");
    }
    Ok(DIFFERENT)
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
