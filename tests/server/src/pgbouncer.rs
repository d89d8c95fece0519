//! A PgBouncer in front of a database.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use diesel::{Connection, PgConnection};

use crate::{Database, ServerError, account::Account, local::free_port};

/// When PgBouncer gives a session of the server to another client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolMode {
    /// When the client disconnects.
    Session,
    /// At the end of each transaction.
    Transaction,
    /// After each statement.
    Statement,
}

/// What PgBouncer does with the startup options of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartupOptions {
    /// Refuses the connection, as it does by default.
    Refused,
    /// Drops them, by `ignore_startup_parameters`.
    Ignored,
}

const LOG: &str = "pgbouncer.log";

/// A running PgBouncer, stopped when this value is dropped.
///
/// <https://www.pgbouncer.org/config.html>
#[derive(Debug)]
pub struct PgBouncer {
    child: Child,
    folder: PathBuf,
    url: String,
}

impl PgBouncer {
    /// Starts the program of `PATH` or `/usr/sbin`, with a pool of this many sessions for the
    /// database. It lets in whoever connects.
    ///
    /// # Errors
    ///
    /// Says why it cannot be started: it is not installed, or the server is not at one TCP address.
    pub fn start(
        database: &Database,
        mode: PoolMode,
        options: StartupOptions,
        sessions: u32,
    ) -> Result<PgBouncer, ServerError> {
        let backend = backend(database.url()).ok_or_else(|| {
            ServerError::new(
                "a PgBouncer needs a server that is given as postgres://user:password@host:port/..",
            )
        })?;
        let account = Account::choose().map_err(ServerError::new)?;
        let folder = account.folder().map_err(ServerError::new)?;
        let cannot = |what: &str, error: std::io::Error| {
            ServerError::new(format!("cannot start PgBouncer: {what}: {error}"))
        };
        let port = free_port().map_err(|error| cannot("no free port", error))?;
        let configuration = configuration(database.name(), &backend, mode, options, sessions, port);
        let spawn = || {
            let file = folder.join("pgbouncer.ini");
            fs::write(&file, configuration).map_err(|error| cannot("pgbouncer.ini", error))?;
            let log = fs::File::create(folder.join(LOG)).map_err(|error| cannot(LOG, error))?;
            let mut command = Command::new(program());
            command
                .arg(&file)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log);
            account.apply(&mut command);
            command.spawn().map_err(|error| cannot("pgbouncer", error))
        };
        let child = spawn().inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        let mut bouncer = PgBouncer {
            child,
            folder,
            url: format!("postgres://anybody@127.0.0.1:{port}/{}", database.name()),
        };
        bouncer.wait()?;
        Ok(bouncer)
    }

    /// The URL of the database behind it.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn wait(&mut self) -> Result<(), ServerError> {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let error = match PgConnection::establish(&self.url) {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            if Instant::now() > end || !matches!(self.child.try_wait(), Ok(None)) {
                let log = fs::read_to_string(self.folder.join(LOG)).unwrap_or_default();
                return Err(ServerError::new(format!(
                    "PgBouncer does not answer: {error}\n{log}"
                )));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // It is ours, and nobody is told that it was gone already.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn program() -> &'static str {
    // Debian installs it where only root's PATH leads.
    let of_debian = "/usr/sbin/pgbouncer";
    if Path::new(of_debian).is_file() {
        of_debian
    } else {
        "pgbouncer"
    }
}

/// User, password, host and port of a URL, if it has exactly these.
struct Backend<'a> {
    user: &'a str,
    password: &'a str,
    host: &'a str,
    port: &'a str,
}

fn backend(url: &str) -> Option<Backend<'_>> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let (credentials, address) = authority.rsplit_once('@')?;
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let (host, port) = address.split_once(':').unwrap_or((address, "5432"));
    let is_plain = |text: &str| !text.contains(['%', ',', '\'', ' ', '[']);
    let all = [user, password, host, port];
    (!host.is_empty() && all.into_iter().all(is_plain)).then_some(Backend {
        user,
        password,
        host,
        port,
    })
}

fn configuration(
    name: &str,
    backend: &Backend<'_>,
    mode: PoolMode,
    options: StartupOptions,
    sessions: u32,
    port: u16,
) -> String {
    let Backend {
        user,
        password,
        host,
        port: server_port,
    } = backend;
    // It takes no empty one.
    let password = match *password {
        "" => String::new(),
        password => format!(" password='{password}'"),
    };
    let mode = match mode {
        PoolMode::Session => "session",
        PoolMode::Transaction => "transaction",
        PoolMode::Statement => "statement",
    };
    let ignored = match options {
        StartupOptions::Refused => "",
        StartupOptions::Ignored => "ignore_startup_parameters = options\n",
    };
    format!(
        "[databases]\n\
         {name} = host={host} port={server_port} dbname={name} user={user}{password}\n\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = {mode}\n\
         default_pool_size = {sessions}\n\
         max_client_conn = 500\n\
         {ignored}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |url: &str, expected: Option<[&str; 4]>| {
            let found = backend(url).map(|b| [b.user, b.password, b.host, b.port]);
            assert_eq!(found, expected, "{url}");
        };
        check(
            "postgres://p@127.0.0.1:54321/x",
            Some(["p", "", "127.0.0.1", "54321"]),
        );
        check(
            "postgres://p:w@h/x?sslmode=disable",
            Some(["p", "w", "h", "5432"]),
        );
        check("postgres:///x?host=/tmp", None);
        check("postgres://p@h,i/x", None);
        check("postgres://p%40:w@h/x", None);
    }
}
