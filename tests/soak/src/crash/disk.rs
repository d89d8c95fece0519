//! The history is on a disk that gets full.

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Client;

const SIZE: &str = "16m";
const MORE: &str = "256m";

/// What happened while the disk was full, and after.
#[derive(Debug, Default)]
pub(super) struct Figures {
    written: usize,
    refused: usize,
    reads: bool,
    elsewhere: bool,
    afterwards: usize,
}

impl Figures {
    pub(super) fn as_promised(&self) -> bool {
        self.written > 0 && self.refused > 0 && self.reads && self.elsewhere && self.afterwards > 0
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |on: bool| if on { "went on" } else { "stopped" };
        write!(
            f,
            "a full disk under the history: {} transactions before, {} refused, reads {}, tables without audit {}, {} with more space",
            self.written,
            self.refused,
            word(self.reads),
            word(self.elsewhere),
            self.afterwards,
        )
    }
}

pub(super) enum Fault {
    /// Nothing can be mounted here, and why.
    NotHere(String),
    Other(Box<dyn Error + Send + Sync>),
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Fault {
    fn from(error: E) -> Fault {
        Fault::Other(error.into())
    }
}

/// Moves the history to a small file system and writes until it is full.
pub(super) fn fill(url: &str, clients: &mut [Client]) -> Result<Figures, Fault> {
    let mut conn = PgConnection::establish(url)?;
    let data: String =
        sql::<Text>("SELECT current_setting('data_directory')").get_result(&mut conn)?;
    let small = Mounted::new(&data).map_err(Fault::NotHere)?;
    let figures = fill_to_the_end(&mut conn, clients, &small);
    // The server's files are gone from it before it is.
    conn.batch_execute("ALTER TABLE trail.public_account_log SET TABLESPACE pg_default")?;
    conn.batch_execute("DROP TABLESPACE small_disk")?;
    figures
}

fn fill_to_the_end(
    conn: &mut PgConnection,
    clients: &mut [Client],
    small: &Mounted,
) -> Result<Figures, Fault> {
    // What is there from before takes no place on it.
    let folder = small.folder.display().to_string();
    conn.batch_execute(&format!(
        "CREATE TABLESPACE small_disk LOCATION '{}'",
        folder.replace('\'', "''")
    ))?;
    let existing = sql::<BigInt>("SELECT pg_total_relation_size('trail.public_account_log')");
    let existing: i64 = existing.get_result(conn)?;
    small.resize(&format!("{}k", existing / 1024 + 16 * 1024))?;
    conn.batch_execute("ALTER TABLE trail.public_account_log SET TABLESPACE small_disk")?;

    let mut figures = Figures::default();
    let clients_count = clients.len();
    for turn in 0..20_000 {
        let body = noise(turn);
        match clients[turn % clients_count].write(conn, &body) {
            Ok(()) => figures.written += 1,
            Err(error) if error.to_string().contains("No space left on device") => {
                figures.refused += 1;
                if figures.refused == 50 {
                    break;
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    let accounts = sql::<BigInt>("SELECT count(*) FROM account, trail.public_account_log");
    figures.reads = accounts.get_result::<i64>(conn).is_ok_and(|rows| rows > 0);
    figures.elsewhere = conn.batch_execute("INSERT INTO note VALUES (1)").is_ok();
    small.resize(MORE)?;
    for turn in 0..100 {
        if clients[turn % clients_count]
            .write(conn, &noise(turn))
            .is_ok()
        {
            figures.afterwards += 1;
        }
    }
    Ok(figures)
}

/// Some 30 kB that cannot be compressed, by a generator of numbers.
fn noise(turn: usize) -> String {
    let mut state = (turn as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        format!("{state:016x}")
    });
    words.take(2_000).collect()
}

/// A small file system, which goes when this is dropped. A run that is killed
/// leaves it mounted.
struct Mounted {
    folder: PathBuf,
}

impl Mounted {
    /// For the user that the folder of the server's data belongs to.
    fn new(data: &str) -> Result<Mounted, String> {
        let name = format!("audit_small_disk_{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mounted = Mounted { folder };
        let place = mounted.folder.display().to_string();
        run(
            "mount",
            &[
                "-t",
                "tmpfs",
                "-o",
                &format!("size={SIZE},mode=700"),
                "tmpfs",
                &place,
            ],
        )
        .and_then(|()| run("chown", &["--reference", data, &place]))
        .map_err(|error| {
            format!("a file system of its own needs a root that may mount: {error}")
        })?;
        Ok(mounted)
    }

    fn resize(&self, size: &str) -> Result<(), String> {
        let place = self.folder.display().to_string();
        run("mount", &["-o", &format!("remount,size={size}"), &place])
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let place = self.folder.display().to_string();
        // A server that still has files there, after an error, loses them.
        if run("umount", &[&place]).is_err() {
            // It was perhaps never mounted.
            drop(run("umount", &["-l", &place]));
        }
        if let Err(error) = fs::remove_dir(&self.folder) {
            eprintln!("{place} stays: {error}");
        }
    }
}

fn run(program: &str, words: &[&str]) -> Result<(), String> {
    let output = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
