//! The connection of the commands that ask a database: the command links neither
//! libpq nor OpenSSL.

mod address;
mod tls;

use std::error::Error;
use std::io;
use std::path::Path;

use postgres::Client;
use postgres::config::SslMode;
use postgres::error::SqlState;

use address::Address;

use crate::args::DatabaseUrl;
use crate::fault::{Fault, shown};
use crate::project::Surroundings;

/// Connects to the database of `--database-url`, or else of `DATABASE_URL`,
/// which may stand in a `.env` file, as the diesel CLI takes it.
///
/// # Errors
/// What is wrong with the address, without the password in it, with the file of
/// authorities that it names, and what the server says.
pub(crate) fn connect(
    asked: &DatabaseUrl,
    surroundings: &Surroundings<'_>,
) -> Result<Client, Fault> {
    let url = url(asked, surroundings)?;
    let Address { mut config, trust } = Address::read(&url)?;
    if config.get_application_name().is_none() {
        config.application_name("cargo diesel-audit");
    }
    let connector = tls::connector(&trust)?;
    let connected = match config.connect(connector.clone()) {
        // As in libpq, what is only preferred may fail.
        Err(error) if config.get_ssl_mode() == SslMode::Prefer && may_be_of_tls(&error) => config
            .ssl_mode(SslMode::Disable)
            .connect(connector)
            .map_err(|_| error),
        connected => connected,
    };
    connected
        .map_err(|error| Fault::new(format!("cannot connect to the database: {}", said(&error))))
}

/// Whether a handshake has failed, or `pg_hba.conf` lets in nobody who encrypts.
fn may_be_of_tls(error: &postgres::Error) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref());
    let is_handshake =
        source.is_some_and(|source: &io::Error| source.kind() == io::ErrorKind::InvalidData);
    is_handshake || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

fn url(asked: &DatabaseUrl, surroundings: &Surroundings<'_>) -> Result<String, Fault> {
    if let Some(url) = &asked.database_url {
        return Ok(url.clone());
    }
    if let Some(url) = (surroundings.variable)(VARIABLE) {
        return url
            .into_string()
            .map_err(|_| Fault::new("DATABASE_URL is no text"));
    }
    let mut folders = surroundings.current_dir.ancestors();
    let of_file = |folder: &Path| of_file(folder, surroundings);
    match folders.find_map(of_file).transpose()? {
        Some(url) => Ok(url),
        None => Err(Fault::new("no database is given")
            .help("write `--database-url <URL>`, or set DATABASE_URL, also in a `.env` file")),
    }
}

const VARIABLE: &str = "DATABASE_URL";

/// Nothing if the folder has no such file, or the file no such variable.
fn of_file(folder: &Path, surroundings: &Surroundings<'_>) -> Option<Result<String, Fault>> {
    let path = folder.join(".env");
    let lines = dotenvy::from_path_iter(&path).ok()?;
    for line in lines {
        match line {
            Ok((name, value)) if name == VARIABLE => return Some(Ok(value)),
            Ok(_) => {}
            // Its words show the line, which may hold a secret.
            Err(_) => {
                let path = shown(&path, &surroundings.current_dir);
                let message = format!("cannot read {path}");
                return Some(Err(Fault::new(message).help("a line is `NAME=value`")));
            }
        }
    }
    None
}

/// What a server or the way to it says, with its causes.
pub(crate) fn said(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(refused) => {
            let mut said = refused.message().to_owned();
            for more in [refused.detail(), refused.hint()].into_iter().flatten() {
                said.push_str(&format!("\n  {more}"));
            }
            said
        }
        None => {
            let mut said = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                said.push_str(&format!(": {error}"));
                cause = error.source();
            }
            said
        }
    }
}
