//! A cluster whose server is stopped, and a single-user backend runs statements in it.

use std::fs;

use diesel::{Connection, PgConnection};

use crate::{ends::local, run, text};

#[test]
fn a_single_user_backend_runs_under_a_tool() {
    let Some(mut server) = local(&[("work_mem", "5MB")]) else {
        return;
    };
    let database = server.create_database().unwrap();
    let mut connection = database.connect();
    run(&mut connection, "CREATE TABLE kept (word text)");
    let statements = [
        "SELECT set_config('test.word',\n'kept in the session', false)",
        "INSERT INTO kept VALUES (current_setting('test.word'))",
        "INSERT INTO kept VALUES (current_setting('work_mem'))",
    ]
    .map(str::to_owned);
    let tool = ["sh", "-c", "echo \"$@\" > tool; exec \"$@\"", "sh"];
    let folder = server.single_user(&database, &tool, &statements).unwrap();
    let command = fs::read_to_string(folder.join("tool")).unwrap();
    assert!(command.contains("postgres --single"), "{command}");
    assert!(
        PgConnection::establish(database.url()).is_err(),
        "nobody listens"
    );

    server.start_again().unwrap();
    assert_eq!(
        text(
            &mut database.connect(),
            "SELECT string_agg(word, ', ') FROM kept"
        ),
        "kept in the session, 5MB"
    );
}

#[test]
fn a_statement_of_it_or_a_tool_that_fails_is_told() {
    let Some(mut server) = local(&[]) else {
        return;
    };
    let database = server.create_database().unwrap();
    let mut refusal = |tool: &[&str], statement: &str| {
        let statements = [statement.to_owned(), "SELECT 1".to_owned()];
        let outcome = server.single_user(&database, tool, &statements);
        outcome.unwrap_err().to_string()
    };
    let message = refusal(&["env"], "SELECT 1 / 0");
    assert!(message.contains("division by zero"), "{message}");
    let message = refusal(&["sh", "-c", "echo no luck; exit 7"], "SELECT 1");
    assert!(message.contains("no luck"), "{message}");
    let message = refusal(&["no-such-tool"], "SELECT 1");
    assert!(message.contains("no-such-tool"), "{message}");
}
