//! The values of a redacted or hashed column are found nowhere: in no file of
//! the server, its log and its WAL among them, and in nothing that it answers.
//!
//! The source has them, so it is unlogged, and its files are in a tablespace
//! that is not searched.

use std::fs;
use std::path::Path;

use audit_test_server::{Database, Server};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{Integer, Text};
use diesel_audit::{BaselineOptions, ReconcileOptions, baseline, reconcile, verify};
use diesel_audit_model::{AuditedTable, Recording};

use super::described;
use crate::support::{ALICE, install, run};

/// What all the values hold, and nothing else does.
const SECRET: &str = "correct-horse-battery-staple";

/// In a column that is recorded.
const CONTROL: &str = "four-random-common-words";

const SETTINGS: [(&str, &str); 5] = [
    ("logging_collector", "on"),
    ("log_directory", "log"),
    ("log_min_messages", "debug1"),
    ("log_error_verbosity", "verbose"),
    ("autovacuum", "off"),
];

#[test]
fn a_value_that_is_not_recorded_is_nowhere() {
    // Without the word the search finds it, so it would with a word that fails.
    for (recording, is_somewhere) in [
        (Recording::Value, true),
        (Recording::OnChange, true),
        (Recording::Redact, false),
        (Recording::Hash, false),
        (Recording::Excluded, false),
    ] {
        let server = match Server::start_local_with(&SETTINGS) {
            Ok(server) => server,
            Err(error) if error.to_string().contains("there are no server binaries") => {
                eprintln!("skipped: {error}");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        let database = server.create_database().expect("a database");
        let mut conn = database.connect();
        let told = played(&database, &mut conn, recording);
        run(&mut conn, "CHECKPOINT");
        let folder = crate::support::text(&mut conn, "SHOW data_directory");
        drop(conn);
        let found = |what: &str| found(Path::new(&folder), what);
        assert!(!found(CONTROL).is_empty(), "the search finds nothing");
        let log = found("is required to write to public.");
        assert!(
            log.iter().any(|file| file.contains("/log/")),
            "no log: {log:?}"
        );
        let (files, hexadecimal) = (found(SECRET), found(&hex(SECRET)));
        assert_eq!(!files.is_empty(), is_somewhere, "{recording:?}: {files:?}");
        assert_eq!(hexadecimal, [""; 0], "{recording:?}");
        assert_eq!(told.contains(SECRET), is_somewhere, "{recording:?}: {told}");
        assert!(told.contains("audit_context_stale"), "{told}");
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The files below a folder that hold the text, but for the tablespaces.
fn found(folder: &Path, text: &str) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "pg_tblspc") {
                    folders.push(path);
                }
                continue;
            }
            // A server that runs removes some of its files.
            let bytes = fs::read(&path).unwrap_or_default();
            if String::from_utf8_lossy(&bytes).contains(text) {
                files.push(path.display().to_string());
            }
        }
    }
    files
}

/// Writes the values in every way, by binds since the log has statements, and
/// returns all that was answered.
fn played(database: &Database, conn: &mut PgConnection, recording: Recording) -> String {
    run(conn, "SET allow_in_place_tablespaces = on");
    run(conn, "CREATE TABLESPACE elsewhere LOCATION ''");
    run(
        conn,
        "CREATE UNLOGGED TABLE t (id integer PRIMARY KEY USING INDEX TABLESPACE elsewhere, plain text, n integer, secret text) TABLESPACE elsewhere",
    );
    let mut told = String::new();
    let mut values = (0..).map(|n| format!("{n} {SECRET}"));
    let mut insert = |conn: &mut PgConnection, id: i32| {
        diesel::sql_query("INSERT INTO t VALUES ($1, $2, 0, $3)")
            .bind::<Integer, _>(id)
            .bind::<Text, _>(CONTROL)
            .bind::<Text, _>(values.next().expect("a value"))
            .execute(conn)
    };
    insert(conn, 1).expect("a row of before");
    let table = described(conn, "t", &[("secret", recording)]);
    install(conn, &table);
    let written = baseline(conn, &table, BaselineOptions::new());
    let written = written
        .and_then(|baseline| baseline.finish())
        .expect("a baseline");
    assert_eq!(written.written, 1);

    let written = conn.transaction(|conn| {
        run(conn, ALICE);
        insert(conn, 2)?;
        change(conn, "UPDATE t SET secret = $1")?;
        change(conn, "UPDATE t SET n = length($1)")?;
        change(conn, "UPDATE t SET secret = $1, id = -id")?;
        change(conn, "DELETE FROM t WHERE id = -1 OR plain = $1")?;
        insert(conn, 3)
    });
    written.expect("written");

    for (fault, context, undo) in REFUSED {
        run(conn, fault);
        for fresh in [false, true] {
            let mut other = database.connect();
            let conn = if fresh { &mut other } else { &mut *conn };
            let mut attempt = |write: &mut dyn FnMut(&mut PgConnection) -> QueryResult<usize>| {
                let refused = conn.transaction::<(), Error, _>(|conn| {
                    run(conn, context);
                    write(conn).map(|_| ())
                });
                match refused {
                    Ok(()) => panic!("{recording:?} was not refused: {fault} {context}"),
                    Err(error) => told.push_str(&shown(&error)),
                }
            };
            attempt(&mut |conn| insert(conn, 9));
            attempt(&mut |conn| change(conn, "UPDATE t SET secret = $1 WHERE id = 3"));
            attempt(&mut |conn| change(conn, "DELETE FROM t WHERE id = 3 AND plain <> $1"));
        }
        run(conn, undo);
    }
    told.push_str(&looked_at(conn, &table));
    told
}

fn change(conn: &mut PgConnection, statement: &str) -> QueryResult<usize> {
    diesel::sql_query(statement)
        .bind::<Text, _>(format!("changed {SECRET}"))
        .execute(conn)
}

const NOTHING: &str = "SELECT 1";

/// What is in the way, the context, and how it is undone.
const REFUSED: [(&str, &str, &str); 6] = [
    (NOTHING, NOTHING, NOTHING),
    (NOTHING, "SET LOCAL audit.username = 'alice'", NOTHING),
    (
        NOTHING,
        "SELECT set_config('audit.username', 'alice', true), set_config('audit.request_id', 'no uuid', true), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text><request_id:text>', true)",
        NOTHING,
    ),
    (
        "ALTER TABLE audit.t_audit RENAME COLUMN n TO m",
        ALICE,
        "ALTER TABLE audit.t_audit RENAME COLUMN m TO n",
    ),
    (
        "ALTER TABLE audit.t_audit ALTER n TYPE text",
        ALICE,
        "ALTER TABLE audit.t_audit ALTER n TYPE integer USING n::integer",
    ),
    // The error shows the row that it refuses.
    (
        "ALTER TABLE audit.t_audit ADD CONSTRAINT never CHECK (audit_operation IS NULL) NOT VALID",
        ALICE,
        "ALTER TABLE audit.t_audit DROP CONSTRAINT never",
    ),
];

fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?}");
    if let Error::DatabaseError(_, info) = error {
        let parts = [info.details(), info.hint(), info.constraint_name()];
        for part in parts.into_iter().flatten() {
            shown.push_str(part);
        }
    }
    shown + "\n"
}

/// What a comparison and a verification say, with something to say.
fn looked_at(conn: &mut PgConnection, table: &AuditedTable) -> String {
    run(
        conn,
        "ALTER TABLE t DISABLE TRIGGER ALL; UPDATE t SET secret = secret || '.', n = 7; ALTER TABLE audit.t_audit ADD COLUMN IF NOT EXISTS secret text; ALTER TABLE audit.t_audit DROP n",
    );
    let found = verify(conn, std::slice::from_ref(table)).expect("a verification");
    assert!(!found.is_clean());
    run(conn, "ALTER TABLE audit.t_audit ADD n integer");
    let compared = reconcile(conn, table, ReconcileOptions::new()).expect("a comparison");
    let compared: Vec<_> = compared.collect();
    format!("{found} {found:?} {compared:?}")
}
