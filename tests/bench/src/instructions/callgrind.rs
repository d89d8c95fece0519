//! Counting by valgrind: <https://valgrind.org/docs/manual/cl-manual.html>

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use audit_test_server::{Database, Server};

use super::Write;
use crate::Outcome;
use crate::variant::Variant;

/// Nothing in the background, and no work that belongs to one execution only.
pub(super) const SETTINGS: [(&str, &str); 3] = [
    ("autovacuum", "off"),
    ("jit", "off"),
    ("wal_init_zero", "off"),
];

/// A program that there has to be.
#[derive(Debug)]
pub(crate) struct Missing(String);

/// Whether there is all that the count needs.
pub(super) fn available() -> Outcome {
    let valgrind = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    let mut missing = Vec::new();
    if let Err(error) = valgrind {
        missing.push(format!("valgrind cannot be run: {error}"));
    }
    missing.extend(Server::without_binaries()?);
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Missing(missing.join("; ")).into()),
    }
}

/// Thousands of instructions for a row of each write, in this order. The server stays stopped.
pub(super) fn count(
    server: &mut Server,
    database: &Database,
    session: &str,
    variant: Variant,
    writes: &[Write],
) -> Outcome<Vec<f64>> {
    let file = format!("callgrind.{}", database.name());
    let out = format!("--callgrind-out-file={file}");
    let dump = format!("--dump-before={MARK_FUNCTION}");
    let tool = ["valgrind", "-q", "--tool=callgrind", &*out, &*dump];
    let mut statements = vec![session.to_owned()];
    for (n, write) in writes.iter().enumerate() {
        statements.extend(script(
            n,
            &variant.statement(&write.dml, write.operation),
            write,
        ));
    }
    let folder = server.single_user(database, &tool, &statements)?;

    let part = |n| instructions(&folder.join(format!("{file}.{n}")));
    writes
        .iter()
        .enumerate()
        .map(|(n, write)| {
            // Three parts for each write: what ends at its first mark does not count, the next holds
            // nothing but a mark, and the last a mark and the executions.
            let mark = part(3 * n + 2)?;
            let counted = part(3 * n + 3)? - mark;
            Ok(counted / (write.times.counted * write.rows) as f64 / 1000.0)
        })
        .collect()
}

/// Callgrind writes down what it counted since the last time whenever this function is called.
const MARK_FUNCTION: &str = "pg_sleep";
const MARK: &str = "SELECT pg_sleep(0)";

fn script(n: usize, sql: &str, write: &Write) -> Vec<String> {
    let execute = |times: Range<i64>| {
        times.map(move |time| {
            format!(
                "EXECUTE write_{n} ({})",
                write.first_key + time * write.rows
            )
        })
    };
    let before = write.times.before;
    let mut statements = vec![format!("PREPARE write_{n} (bigint) AS {sql}")];
    statements.extend(execute(0..before));
    statements.extend([MARK, MARK].map(str::to_owned));
    statements.extend(execute(before..before + write.times.counted));
    statements.push(MARK.to_owned());
    statements
}

/// The sum that a part of callgrind's output begins with.
fn instructions(path: &Path) -> Outcome<f64> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let sum = text
        .lines()
        .find_map(|line| line.strip_prefix("summary: "))
        .ok_or_else(|| format!("{} has no summary", path.display()))?;
    Ok(sum.trim().parse()?)
}

impl Display for Missing {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Missing {}
