//! A server that is killed starts again with what was committed.

use std::fs;

use audit_test_server::Server;
use diesel::{Connection, PgConnection};

use crate::{ends::local, run, text};

#[test]
fn what_was_committed_is_there_after_a_kill() {
    let Some(mut server) = local(&[("fsync", "on"), ("full_page_writes", "on")]) else {
        return;
    };
    if !server.backend_is_local() {
        return;
    }
    let url = server.url("postgres");
    let mut connection = PgConnection::establish(&url).unwrap();
    run(&mut connection, "CREATE TABLE kept (id int)");
    run(&mut connection, "INSERT INTO kept VALUES (1)");
    run(&mut connection, "BEGIN");
    run(&mut connection, "INSERT INTO kept VALUES (2)");
    let folder = text(&mut connection, "SHOW data_directory");
    let id = || fs::read_to_string(format!("{folder}/postmaster.pid")).unwrap();
    let before = id();
    let backend = text(&mut connection, "SELECT pg_backend_pid()::text");

    assert!(server.start_again().is_err(), "it runs");
    server.kill().unwrap();
    assert!(PgConnection::establish(&url).is_err(), "nobody listens");
    let stat = fs::read_to_string(format!("/proc/{backend}/stat")).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    // A server that stops by itself removes its file.
    assert_eq!(id(), before);
    assert!(server.kill().is_err(), "it does not run");

    server.start_again().unwrap();
    assert_ne!(id(), before);
    let mut connection = PgConnection::establish(&url).unwrap();
    assert_eq!(
        text(
            &mut connection,
            "SELECT string_agg(id::text, ' ') FROM kept"
        ),
        "1"
    );
    drop(server);
    assert!(!fs::exists(&folder).unwrap(), "{folder}");
}

#[test]
fn a_server_that_was_killed_is_removed() {
    let Some(mut server) = local(&[]) else {
        return;
    };
    if !server.backend_is_local() {
        return;
    }
    let mut connection = PgConnection::establish(&server.url("postgres")).unwrap();
    let folder = text(&mut connection, "SHOW data_directory");
    server.kill().unwrap();
    drop(server);
    assert!(!fs::exists(&folder).unwrap(), "{folder}");
}

#[test]
fn a_server_that_is_not_ours_is_not_killed() {
    let Ok(mut server) = Server::find() else {
        return;
    };
    if server.kind() != audit_test_server::Kind::Local {
        assert!(server.kill().is_err());
        assert!(server.start_again().is_err());
    }
}
