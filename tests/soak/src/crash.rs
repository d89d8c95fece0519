//! The server is killed under load and starts again, its backends end, its disk
//! is full: every change that was acknowledged is there with its audit row, and
//! none without the other.

mod clients;
mod disk;
mod verdict;

use std::error::Error;
use std::fmt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use audit_test_server::Server;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable};
use diesel_audit::{AuditConnection, AuditContext, Audited, install};

use clients::{ACCOUNTS, Client};
use verdict::Verdict;

const CLIENTS: usize = 8;

diesel::table! {
    account (id) {
        id -> Int8,
        n -> Int8,
        writer -> Text,
        body -> Text,
    }
}

/// `n` counts the changes of a row, the first one included.
#[derive(Audited)]
#[diesel(table_name = account)]
#[audit(session_settings(username: Text, request: Text))]
#[allow(dead_code)]
struct Account {
    id: i64,
    n: i64,
    writer: String,
    body: String,
}

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What was done, and what came out.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    asked: [usize; 2],
    kills: usize,
    terminated: usize,
    acknowledged: usize,
    verdict: Verdict,
    disk: Option<disk::Figures>,
    no_disk: String,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        [self.kills, self.terminated] == self.asked
            && self.acknowledged > 0
            && self.verdict.mismatches() == 0
            && self.disk.as_ref().is_none_or(disk::Figures::as_promised)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "crash: {CLIENTS} clients, {} kills of the whole server, {} backends terminated, \
             {} transactions acknowledged, {}; ",
            self.kills, self.terminated, self.acknowledged, self.verdict,
        )?;
        match &self.disk {
            Some(disk) => write!(f, "{disk}"),
            None => write!(f, "a full disk: not run, {}", self.no_disk),
        }
    }
}

/// Kills the server so often, and then so many backends.
pub(crate) fn run(kills: usize, terminations: usize) -> Result<Figures> {
    // As an application's server: what it has acknowledged is on the disk.
    let mut server = Server::start_local_with(&[
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("checkpoint_timeout", "30s"),
    ])?;
    let database = server.create_database()?;
    let url = database.url().to_owned();
    let mut conn = database.connect();
    conn.batch_execute(
        "CREATE TABLE account (id bigint PRIMARY KEY, n bigint NOT NULL, writer text NOT NULL, body text NOT NULL); \
         CREATE TABLE note (id bigint)",
    )?;
    install(&mut conn, &[Account::audited_table()?])?;
    let nobody = AuditContext::new()
        .set("username", "nobody")?
        .set("request", "none")?;
    conn.audited(&nobody, |conn| {
        conn.batch_execute(&format!(
            "INSERT INTO account SELECT id, 1, 'nobody', '' FROM generate_series(1, {ACCOUNTS}) AS id"
        ))
    })?;
    drop(conn);

    let mut clients: Vec<Client> = (0..CLIENTS).map(Client::new).collect();
    let mut figures = Figures {
        asked: [kills, terminations],
        ..Figures::default()
    };
    for round in 0..kills {
        // Not always at the same time after a start or a checkpoint.
        let calm = Duration::from_millis(400 + (round as u64 * 271) % 900);
        during(&mut clients, &url, || {
            thread::sleep(calm);
            server.kill()
        })??;
        figures.kills += 1;
        server.start_again()?;
        figures.verdict.add(&verdict::of(&url, &clients)?);
    }
    figures.terminated = during(&mut clients, &url, || terminate(&url, terminations))??;
    figures.verdict.add(&verdict::of(&url, &clients)?);
    match disk::fill(&url, &mut clients) {
        Ok(disk) => {
            figures.disk = Some(disk);
            figures.verdict.add(&verdict::of(&url, &clients)?);
        }
        Err(disk::Fault::NotHere(why)) => figures.no_disk = why,
        Err(disk::Fault::Other(error)) => return Err(error),
    }
    figures.acknowledged = clients.iter().map(|client| client.acknowledged.len()).sum();
    figures.verdict.look_at(&url)?;
    Ok(figures)
}

/// All clients write while `act` acts, and end after it.
fn during<T>(clients: &mut [Client], url: &str, act: impl FnOnce() -> T) -> Result<T> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writing: Vec<_> = clients
            .iter_mut()
            .map(|client| scope.spawn(|| client.write_until(&over, url)))
            .collect();
        let acted = act();
        over.store(true, Ordering::Relaxed);
        for client in writing {
            client.join().map_err(|_| "a client panicked")??;
        }
        Ok(acted)
    })
}

/// One backend after the other, by a function of the server and by a signal.
fn terminate(url: &str, terminations: usize) -> Result<usize> {
    let mut conn = PgConnection::establish(url)?;
    let mut terminated = 0;
    for _ in 0..terminations * 20 {
        if terminated == terminations {
            break;
        }
        thread::sleep(Duration::from_millis(15));
        let one = "(SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                   AND backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1)";
        if terminated % 2 == 0 {
            let done =
                sql::<Nullable<Integer>>(&format!("SELECT pg_terminate_backend({one})::integer"));
            let done: Option<i32> = done.get_result(&mut conn)?;
            terminated += usize::from(done == Some(1));
        } else {
            let pid: Option<i32> =
                sql::<Nullable<Integer>>(&format!("SELECT {one}")).get_result(&mut conn)?;
            let Some(pid) = pid else { continue };
            let killed = Command::new("kill")
                .args(["-s", "TERM", &pid.to_string()])
                .stderr(Stdio::null())
                .status()?;
            terminated += usize::from(killed.success());
        }
    }
    Ok(terminated)
}
