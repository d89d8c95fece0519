//! The address of a database, as libpq reads it: what it says of TLS is not all
//! known to the crate that connects.
//!
//! <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use postgres::config::{Config, SslMode};

use super::said;
use crate::fault::Fault;

/// Where to connect, and how much of the server is verified.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) trust: Trust,
}

/// What a server's certificate has to show.
#[derive(Debug, PartialEq)]
pub(super) enum Trust {
    /// Nothing: what is sent is encrypted, whoever reads it.
    Anyone,
    /// That one of these authorities has signed it.
    SignedBy(Roots),
    /// That one of these authorities has signed it for the host of the address.
    Host(Roots),
}

/// The authorities that are trusted.
#[derive(Debug, PartialEq)]
pub(super) enum Roots {
    /// Those of the operating system.
    System,
    /// Those of a file in PEM.
    File(PathBuf),
}

/// The values of `sslmode`.
///
/// <https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>
const MODES: [&str; 6] = [
    "disable",
    "allow",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];

impl Address {
    /// # Errors
    /// What is wrong with it, without the password in it.
    pub(super) fn read(url: &str) -> Result<Address, Fault> {
        let Split { rest, mode, roots } = split(url)?;
        // The parser's own words do not repeat the address, which has a password in it.
        let mut config: Config = rest.parse().map_err(|error: postgres::Error| {
            Fault::new(format!("the database url cannot be read: {}", said(&error)))
                .help("write `postgres://user:password@host:port/database`")
        })?;
        let mode = mode.as_deref().unwrap_or(match config.get_ssl_mode() {
            SslMode::Disable => "disable",
            SslMode::Require => "require",
            _ => "prefer",
        });
        let system = roots.as_deref() == Some("system");
        if system && mode != "verify-full" {
            // Anybody has a certificate of such an authority, for a name of their own.
            return Err(Fault::new(format!(
                "`sslrootcert=system` goes with `sslmode=verify-full`, not with `{mode}`"
            )));
        }
        let file = roots
            .filter(|_| !system)
            .map(|file| Roots::File(file.into()));
        let (ssl_mode, trust) = match (mode, file) {
            ("disable", _) => (SslMode::Disable, Trust::Anyone),
            ("allow" | "prefer", _) => (SslMode::Prefer, Trust::Anyone),
            // As in libpq, where a file of authorities is there to be used.
            ("require", Some(roots)) => (SslMode::Require, Trust::SignedBy(roots)),
            ("require", None) => (SslMode::Require, Trust::Anyone),
            ("verify-ca", Some(roots)) => (SslMode::Require, Trust::SignedBy(roots)),
            ("verify-ca", None) => {
                let message = "`sslmode=verify-ca` without `sslrootcert`";
                return Err(Fault::new(message)
                    .help("name the file of the authority, or write `sslmode=verify-full`"));
            }
            ("verify-full", roots) => {
                let roots = roots.unwrap_or(Roots::System);
                (SslMode::Require, Trust::Host(roots))
            }
            (unknown, _) => {
                return Err(Fault::new(format!("unknown `sslmode` `{unknown}`"))
                    .help(format!("write one of `{}`", MODES.join("`, `"))));
            }
        };
        config.ssl_mode(ssl_mode);
        Ok(Address { config, trust })
    }
}

/// An address without what it says of TLS.
#[derive(Debug, Default)]
struct Split {
    rest: String,
    mode: Option<String>,
    roots: Option<String>,
}

/// Only the form of a URL has the parameters; one of `name=value` words is left as
/// it is.
fn split(url: &str) -> Result<Split, Fault> {
    let is_url = url.starts_with("postgres://") || url.starts_with("postgresql://");
    // A password may have a question mark.
    let host = url.find('@').unwrap_or(0);
    let query = url[host..].find('?').map(|at| host + at);
    let Some(query) = query.filter(|_| is_url) else {
        return Ok(Split {
            rest: url.to_owned(),
            ..Split::default()
        });
    };
    let mut split = Split {
        rest: url[..query].to_owned(),
        ..Split::default()
    };
    let mut between = '?';
    for parameter in url[query + 1..].split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let decoded = || -> Result<Option<String>, Fault> {
            let value = percent_decode_str(value).decode_utf8();
            let value = value.map_err(|_| Fault::new(format!("`{name}` is no text")))?;
            // As in libpq, an empty one is none.
            Ok(Some(value.into_owned()).filter(|value| !value.is_empty()))
        };
        match name {
            "sslmode" => split.mode = decoded()?,
            "sslrootcert" => split.roots = decoded()?,
            _ => {
                split.rest.push(between);
                split.rest.push_str(parameter);
                between = '&';
            }
        }
    }
    Ok(split)
}
