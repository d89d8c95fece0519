//! Dumps of `pg_dump` and what `pg_restore` makes of them.
//!
//! <https://www.postgresql.org/docs/current/app-pgrestore.html>

use std::process::{Command, Stdio};

use audit_test_server::{Database, Server};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{Code, install};

use super::replica::of_the_readme;
use super::report::Report;
use super::tables::{self, TABLES, count};
use super::{Outcome, state};

/// What came of the two kinds of restore.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    pub(super) rows: i64,
    /// Transactions of the new cluster that have the number of an old one.
    pub(super) numbers_again: i64,
    /// Triggers that a data-only restore leaves as ordinary ones.
    pub(super) no_longer_always: i64,
}

/// Everything, into a cluster whose transactions begin anew.
pub(super) fn everything(
    old: &Server,
    database: &Database,
    new: &Server,
    transactions: i64,
    report: &mut Report,
) -> Outcome<Restored> {
    let restored = new.create_database()?;
    let said = pipe(old, database, &[], &restored, &[])?;
    report.expect(said.is_none(), &format!("restore: {said:?}"));

    let (mut before, mut conn) = (database.connect(), restored.connect());
    report.same(
        &state::rows(&mut before)?,
        &state::rows(&mut conn)?,
        "restored",
    );
    report.same(
        &state::installed(&mut before)?,
        &state::installed(&mut conn)?,
        "restored",
    );
    state::verified(&mut conn, &[], "restored", report)?;
    let rows = tables::rows(&mut conn)?;

    let last = |conn: &mut PgConnection, table: &str| {
        count(
            conn,
            &format!("SELECT max(audit_id) FROM audit.{table}_audit"),
        )
    };
    let before = TABLES.map(|table| last(&mut conn, table));
    tables::write(restored.url(), transactions, transactions)?;
    for (table, before) in TABLES.into_iter().zip(before) {
        let after = last(&mut conn, table)?;
        report.expect(
            after > before?,
            &format!("restored: {table} does not go on"),
        );
    }
    tables::check(&mut conn, "restored", report)?;
    Ok(Restored {
        rows,
        numbers_again: transactions_apart(&mut conn, 2 * transactions, report)?,
        ..Restored::default()
    })
}

/// Each transaction has a request of its own. Its number may be that of one
/// from before the restore, its number and its time together never are.
fn transactions_apart(
    conn: &mut PgConnection,
    transactions: i64,
    report: &mut Report,
) -> QueryResult<i64> {
    let all = TABLES.map(|table| {
        format!(
            "SELECT audit_request_id AS request, audit_transaction_timestamp AS at, audit_transaction_id AS number
             FROM audit.{table}_audit"
        )
    });
    let all = format!("WITH change AS ({})", all.join(" UNION ALL "));
    let mut distinct = |what: &str| {
        count(
            conn,
            &format!("{all} SELECT count(*) FROM (SELECT DISTINCT {what} FROM change) AS one"),
        )
    };
    let (pairs, named, numbers) = (
        distinct("at, number")?,
        distinct("request, at, number")?,
        distinct("number")?,
    );
    report.expect(
        pairs == transactions && named == transactions,
        &format!(
            "{transactions} transactions are {pairs} by time and number, {named} with their request"
        ),
    );
    report.expect(
        numbers < transactions,
        "no number of a transaction came again",
    );
    Ok(transactions - numbers)
}

/// The rows alone, into a database that the migrations have made: refused
/// where triggers fire, and with `--disable-triggers` as they were.
pub(super) fn data_only(
    server: &Server,
    database: &Database,
    transactions: i64,
    report: &mut Report,
) -> Outcome<i64> {
    let restored = server.create_database()?;
    let mut conn = restored.connect();
    tables::create(&mut conn)?;
    install(&mut conn, &tables::models()?)?;
    let installed = state::installed(&mut conn)?;
    conn.batch_execute(&of_the_readme("data only"))?;

    let data_only = ["--data-only"];
    let once = ["--single-transaction"];
    let said = pipe(server, database, &data_only, &restored, &once)?;
    let refused = said.is_some_and(|said| said.contains("audit.username is required"));
    report.expect(refused, "data only: the triggers refused nothing");
    report.expect(
        tables::rows(&mut conn)? == 0,
        "data only: half of it is there",
    );

    let disabled = ["--data-only", "--disable-triggers", "--single-transaction"];
    let said = pipe(server, database, &data_only, &restored, &disabled)?;
    report.expect(said.is_none(), &format!("--disable-triggers: {said:?}"));
    report.same(
        &state::rows(&mut database.connect())?,
        &state::rows(&mut conn)?,
        "--disable-triggers",
    );
    let ordinary = count(
        &mut conn,
        "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O' AND tgname LIKE '00_%'",
    )?;

    state::verified(
        &mut conn,
        &[Code::TriggerNotAlways],
        "--disable-triggers",
        report,
    )?;
    install(&mut conn, &tables::models()?)?;
    report.same(&installed, &state::installed(&mut conn)?, "installed again");
    tables::write(restored.url(), 3 * transactions, transactions)?;
    tables::check(&mut conn, "--disable-triggers", report)?;
    Ok(ordinary)
}

/// Dumps the one database and restores it into the other, by the programs of
/// their servers. What `pg_restore` says when it fails.
fn pipe(
    server: &Server,
    from: &Database,
    dump_options: &[&str],
    to: &Database,
    restore_options: &[&str],
) -> Outcome<Option<String>> {
    let program = |name| {
        let found = server.program(name);
        found.ok_or_else(|| format!("there is no {name} beside the server's binaries"))
    };
    let mut dump = Command::new(program("pg_dump")?)
        .args(["--format=custom", "--dbname", from.url()])
        .args(dump_options)
        .stdout(Stdio::piped())
        .spawn()?;
    let archive = dump.stdout.take().ok_or("pg_dump has no output")?;
    let restored = Command::new(program("pg_restore")?)
        .args(["--dbname", to.url()])
        .args(restore_options)
        .stdin(archive)
        .output()?;
    let dumped = dump.wait()?;
    if restored.status.success() && !dumped.success() {
        return Err(format!("pg_dump ended with {dumped}").into());
    }
    let said = String::from_utf8_lossy(&restored.stderr).into_owned();
    Ok((!restored.status.success()).then_some(said))
}
