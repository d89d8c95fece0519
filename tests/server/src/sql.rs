//! The few statements that are run on the server itself.

use std::{
    thread,
    time::{Duration, Instant},
};

use diesel::{Connection, PgConnection, RunQueryDsl, dsl::sql, sql_types::Text};

/// The oldest major version that is accepted.
pub(crate) const OLDEST: u32 = 15;

/// A server's version, as a number and in its own words.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) text: String,
}

impl Version {
    /// Refuses what is too old; `what` says whose version it is.
    pub(crate) fn accept(&self, what: &str) -> Result<(), String> {
        if self.major >= OLDEST {
            return Ok(());
        }
        let found = &self.text;
        Err(format!(
            "{what} is PostgreSQL {found}; the tests need {OLDEST} or newer"
        ))
    }
}

/// Connects and asks for the version.
pub(crate) fn version(url: &str) -> Result<Version, String> {
    let mut connection =
        PgConnection::establish(url).map_err(|error| one_line(&error.to_string()))?;
    read_version(&mut connection)
}

/// Waits up to a minute until the server answers and is not about to restart.
///
/// The official image starts a first server to set up the cluster and then the real one, while
/// others start only one. Both are ready when the same start is seen in two connections.
pub(crate) fn settled(url: &str) -> Result<Version, String> {
    let end = Instant::now() + Duration::from_secs(60);
    let mut last = None;
    loop {
        let seen = started(url);
        if let (Ok(seen), Some(Ok(last))) = (&seen, &last)
            && seen == last
        {
            return version(url);
        }
        if Instant::now() > end {
            return Err(seen
                .err()
                .unwrap_or_else(|| "it restarts again and again".to_owned()));
        }
        last = Some(seen);
        thread::sleep(Duration::from_millis(300));
    }
}

/// Connects and runs one statement.
pub(crate) fn run(url: &str, statement: &str) -> Result<(), String> {
    let mut connection =
        PgConnection::establish(url).map_err(|error| one_line(&error.to_string()))?;
    let done = diesel::sql_query(statement).execute(&mut connection);
    done.map(drop).map_err(|error| error.to_string())
}

fn started(url: &str) -> Result<String, String> {
    let mut connection =
        PgConnection::establish(url).map_err(|error| one_line(&error.to_string()))?;
    text(&mut connection, "SELECT pg_postmaster_start_time()::text")
}

fn read_version(connection: &mut PgConnection) -> Result<Version, String> {
    let number = text(connection, "SELECT current_setting('server_version_num')")?;
    let text = text(connection, "SELECT current_setting('server_version')")?;
    let number: u32 = number
        .parse()
        .map_err(|_| format!("`{number}` is no version number"))?;
    Ok(Version {
        major: number / 10_000,
        text,
    })
}

fn text(connection: &mut PgConnection, query: &str) -> Result<String, String> {
    sql::<Text>(query)
        .get_result(connection)
        .map_err(|error| error.to_string())
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
