//! Whether a live database does what the models say.

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::sql_types::{Array, Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use diesel_audit_model::{AuditedTable, check};
use diesel_audit_sql::render::catalog::{PIN_SEARCH_PATH, unpin_search_path};
use diesel_audit_sql::verify::{Progress, Row, Verification, Verifier};

use crate::AuditError;

/// Compares the tables with the catalog of the database, and tells of everything
/// that could lose, fake or block an audit row: tables, columns and their types,
/// function texts, triggers and whether they fire, rights, owners, and settings
/// that sessions begin with. Nothing is changed; [`Verification::repair`] is what
/// would put it right.
///
/// It runs in a transaction of its own, or within one that is open, and takes
/// well under a second for a hundred tables. Any role may run it; what a role
/// may not look at is told in [`Verification::unchecked`].
///
/// ```no_run
/// # use diesel::prelude::*;
/// # use diesel_audit::{Audited, AuditError, Code, verify};
/// # diesel::table! { users (id) { id -> BigInt, } }
/// # #[derive(Audited)]
/// # #[diesel(table_name = users)]
/// # struct User { id: i64 }
/// # let mut conn = PgConnection::establish("").unwrap();
/// verify(&mut conn, &[User::audited_table()?])?
///     .allow([Code::OwnerCanLogIn])
///     .into_result()?;
/// # Ok::<(), AuditError>(())
/// ```
///
/// The catalog is described in
/// <https://www.postgresql.org/docs/current/catalogs.html>.
///
/// # Errors
/// [`AuditError::Model`] with everything that keeps the tables from being
/// audited, before any SQL; otherwise the database's error. What is found is no
/// error: see [`Verification::into_result`].
pub fn verify<C>(conn: &mut C, tables: &[AuditedTable]) -> Result<Verification, AuditError>
where
    C: LoadConnection<Backend = Pg>,
{
    check::check_together(tables)?;
    conn.transaction(|conn| {
        let before = rows(conn, PIN_SEARCH_PATH)?;
        let mut verifier = Verifier::new(tables);
        let found = loop {
            let queries = verifier.queries();
            let answers: Result<_, _> = queries.iter().map(|query| rows(conn, query)).collect();
            match verifier.answer(answers?) {
                Progress::More(next) => verifier = next,
                Progress::Done(found) => break found,
            }
        };
        rows(conn, &unpin_search_path(&search_path(before)))?;
        Ok(found)
    })
}

/// [`verify`] on diesel-async's connection.
///
/// # Errors
/// As [`verify`].
#[cfg(feature = "async")]
pub async fn verify_async(
    conn: &mut diesel_async::AsyncPgConnection,
    tables: &[AuditedTable],
) -> Result<Verification, AuditError> {
    use diesel_async::AsyncConnection;

    check::check_together(tables)?;
    conn.transaction(async |conn| {
        let before = rows_async(conn, PIN_SEARCH_PATH).await?;
        let mut verifier = Verifier::new(tables);
        let found = loop {
            let mut answers = Vec::new();
            for query in verifier.queries() {
                answers.push(rows_async(conn, &query).await?);
            }
            match verifier.answer(answers) {
                Progress::More(next) => verifier = next,
                Progress::Done(found) => break found,
            }
        };
        rows_async(conn, &unpin_search_path(&search_path(before))).await?;
        Ok(found)
    })
    .await
}

pub(crate) fn rows<C>(conn: &mut C, query: &str) -> Result<Vec<Row>, diesel::result::Error>
where
    C: LoadConnection<Backend = Pg>,
{
    let rows: Vec<Cells> = sql_query(query).load(conn)?;
    Ok(rows.into_iter().map(|row| row.cells).collect())
}

#[cfg(feature = "async")]
pub(crate) async fn rows_async(
    conn: &mut diesel_async::AsyncPgConnection,
    query: &str,
) -> Result<Vec<Row>, diesel::result::Error> {
    let rows: Vec<Cells> = diesel_async::RunQueryDsl::load(sql_query(query), conn).await?;
    Ok(rows.into_iter().map(|row| row.cells).collect())
}

/// The first cell is the one of before.
fn search_path(rows: Vec<Row>) -> String {
    let cell = rows.into_iter().flatten().next().flatten();
    cell.unwrap_or_default()
}

#[derive(QueryableByName)]
struct Cells {
    #[diesel(sql_type = Array<Nullable<Text>>)]
    cells: Vec<Option<String>>,
}
