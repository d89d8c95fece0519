//! A cluster that goes to another version by `pg_upgrade`.

use std::path::PathBuf;

use audit_test_server::Server;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel_audit::install;

use super::report::Report;
use super::tables::{self, TABLES, count, text};
use super::{Outcome, state};

/// From which version to which, and how many audit rows came along.
#[derive(Debug, Default)]
pub(crate) struct Upgraded {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) rows: i64,
}

/// To the version whose binaries are in the folder `PGBINNEW`, which is what
/// `pg_upgrade` calls it; else the version stays, and a new cluster is made all
/// the same.
pub(super) fn run(transactions: i64, report: &mut Report) -> Outcome<Upgraded> {
    let folder = std::env::var_os("PGBINNEW").filter(|folder| !folder.is_empty());
    let folder = folder.map(PathBuf::from);

    let server = Server::start_local_with(&[])?;
    let mut conn = PgConnection::establish(&server.url("postgres"))?;
    let from = version(&mut conn)?;
    conn.batch_execute("CREATE DATABASE upgraded")?;
    let mut conn = PgConnection::establish(&server.url("upgraded"))?;
    tables::create(&mut conn)?;
    install(&mut conn, &tables::models()?)?;
    tables::write(&server.url("upgraded"), 0, transactions)?;
    let (rows, installed) = (state::rows(&mut conn)?, state::installed(&mut conn)?);
    drop(conn);

    let server = server.upgrade(folder.as_deref())?;
    let mut conn = PgConnection::establish(&server.url("upgraded"))?;
    report.same(&rows, &state::rows(&mut conn)?, "upgraded");
    report.same(&installed, &state::installed(&mut conn)?, "upgraded");
    state::verified(&mut conn, &[], "upgraded", report)?;
    let all = tables::rows(&mut conn)?;

    let newest =
        TABLES.map(|table| format!("(SELECT max(audit_transaction_id) FROM audit.{table}_audit)"));
    let behind = count(
        &mut conn,
        &format!("SELECT greatest({}) - txid_current()", newest.join(", ")),
    )?;
    report.expect(
        behind < 0,
        "upgraded: a number of a transaction comes again",
    );
    tables::write(&server.url("upgraded"), transactions, transactions)?;
    tables::check(&mut conn, "upgraded", report)?;
    install(&mut conn, &tables::models()?)?;
    report.same(&installed, &state::installed(&mut conn)?, "installed again");
    Ok(Upgraded {
        from,
        to: version(&mut conn)?,
        rows: all,
    })
}

fn version(conn: &mut PgConnection) -> QueryResult<String> {
    text(
        conn,
        "SELECT split_part(current_setting('server_version'), ' ', 1)",
    )
}
