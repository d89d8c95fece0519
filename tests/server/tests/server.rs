//! Databases of the shared server, and what is left when servers and processes end.

#[path = "server/ends.rs"]
mod ends;
#[path = "server/restart.rs"]
mod restart;
#[path = "server/single.rs"]
mod single;

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use audit_test_server::{Kind, Server, database, server};
use diesel::{Connection, PgConnection, RunQueryDsl, dsl::sql, sql_query, sql_types::Text};

#[test]
fn a_database_is_usable_and_dropped_afterwards() {
    let database = database();
    let mut connection = database.connect();
    assert_eq!(
        text(&mut connection, "SELECT current_database()::text"),
        database.name()
    );
    assert_eq!(text(&mut connection, "SHOW server_encoding"), "UTF8");
    run(&mut connection, "CREATE TABLE kept (id int)");

    let (name, url) = (database.name().to_owned(), database.url().to_owned());
    // The connection is still open, which does not keep the database.
    drop(database);
    let error = PgConnection::establish(&url)
        .err()
        .expect("the database is gone");
    assert!(error.to_string().contains(&name), "{error}");
}

#[test]
fn two_databases_are_distinct_and_empty() {
    let (one, other) = (database(), database());
    assert_ne!(one.name(), other.name());
    run(&mut one.connect(), "CREATE TABLE only_here (id int)");
    let tables = "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(text(&mut one.connect(), tables), "1");
    assert_eq!(text(&mut other.connect(), tables), "0");
}

#[test]
fn the_server_is_shared() {
    let (one, other) = (server().unwrap(), server().unwrap());
    assert!(std::ptr::eq(one, other));
    assert_eq!(
        one.backend_is_local(),
        one.kind() == Kind::Local && cfg!(target_os = "linux")
    );
}

#[test]
fn a_url_leads_to_a_database_of_any_name() {
    let database = database();
    let odd = format!("{} ä/%2F?x=1&y#\"'", database.name());
    let quoted = odd.replace('"', "\"\"");
    let mut connection = database.connect();
    run(&mut connection, &format!("CREATE DATABASE \"{quoted}\""));
    let url = server().unwrap().url(&odd);
    let found = PgConnection::establish(&url)
        .map(|mut inside| text(&mut inside, "SELECT current_database()::text"));
    run(
        &mut connection,
        &format!("DROP DATABASE \"{quoted}\" WITH (FORCE)"),
    );
    assert_eq!(found.unwrap(), odd);
}

#[test]
fn an_unknown_word_is_refused() {
    let message = refusal(&[("AUDIT_TEST_SERVER", "podman")]);
    for word in ["podman", "url", "local", "docker"] {
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn a_url_that_is_asked_for_must_be_there_and_answer() {
    let message = refusal(&[("AUDIT_TEST_SERVER", "url")]);
    assert!(message.contains("DATABASE_URL is not set"), "{message}");

    // Port 1 is reserved, and nothing listens on it.
    let message = refusal(&[("DATABASE_URL", "postgres://u:secret@127.0.0.1:1/d")]);
    assert!(
        message.contains("cannot use the server of DATABASE_URL"),
        "{message}"
    );
    assert!(!message.contains("secret"), "{message}");
}

#[test]
fn an_older_version_is_refused_by_its_number() {
    let folder = Programs::new(
        "echo 'postgres (PostgreSQL) 14.9 (Debian 14.9-1)'",
        "exit 1",
    );
    let message = refusal(&[("PG_BIN", folder.path())]);
    assert!(
        message.contains("14.9") && message.contains("15"),
        "{message}"
    );
}

#[test]
fn the_words_of_a_failing_initdb_are_told() {
    let folder = Programs::new(
        "echo 'postgres (PostgreSQL) 17.5'",
        "echo 'initdb: no luck' >&2; exit 3",
    );
    let message = refusal(&[("PG_BIN", folder.path())]);
    assert!(message.contains("initdb: no luck"), "{message}");
}

/// What finding a server says when it reads these variables.
fn refusal(variables: &[(&str, &str)]) -> String {
    let env = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.to_string())
    };
    Server::find_with(&env).unwrap_err().to_string()
}

/// A folder with shell scripts in place of the server binaries.
struct Programs(PathBuf);

impl Programs {
    fn new(postgres: &str, initdb: &str) -> Self {
        let name = format!(
            "audit_test_programs_{}_{}",
            std::process::id(),
            postgres.len()
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        for (name, script) in [("postgres", postgres), ("initdb", initdb)] {
            let path = folder.join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn text(connection: &mut PgConnection, query: &str) -> String {
    sql::<Text>(query).get_result(connection).unwrap()
}

fn run(connection: &mut PgConnection, statement: &str) {
    sql_query(statement).execute(connection).unwrap();
}
