//! What `preamble` puts into a migration, and what comes of it in a database.
#![allow(missing_docs)]

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use support::Project;

const SOURCES: &str = "diesel::table! { users { id -> Int8, email -> Text, } }
#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text, tenant: Integer, request_id: Nullable<Uuid>))]
struct User { id: i64, email: String }
";

const CREATE: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);\n";
const FILL: &str = "INSERT INTO users VALUES (1, 'ann@example.org')";
const MIGRATION: &str = "2026-11-25-000000-0000_fill";

fn project() -> Project {
    let project = Project::new("");
    project.write("src/lib.rs", SOURCES);
    project.write("migrations/2026-01-01-000000-0000_create/up.sql", CREATE);
    assert_eq!(project.run(&["generate", "audit"]).code, 0);
    project.write(&file("up.sql"), FILL);
    project
}

fn file(name: &str) -> String {
    format!("migrations/{MIGRATION}/{name}")
}

#[test]
fn a_migration_is_its_own_user() {
    let project = project();
    project.write(&file("down.sql"), "DELETE FROM users;\n");
    let words = ["preamble", MIGRATION, "--set", "tenant=7"];
    let printed = project.run(&words);
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    assert_eq!(project.read(&file("up.sql")), FILL);

    let write = [&words[..], &["--write"]].concat();
    let written = project.run(&write);
    assert_eq!(
        (
            written.code,
            written.stdout.as_str(),
            written.stderr.as_str()
        ),
        (
            0,
            "",
            &*format!(
                "     Amended {}\n     Amended {}\n",
                file("up.sql"),
                file("down.sql")
            )
        )
    );
    let up = format!("{}\n{FILL}", printed.stdout);
    assert_eq!(project.read(&file("up.sql")), up);
    assert_eq!(
        project.run(&write).stderr,
        format!("    Finished nothing to do: migrations/{MIGRATION} has this context\n")
    );
    assert_eq!(project.read(&file("up.sql")), up);

    let database = audit_test_server::database();
    let conn = &mut database.connect();
    let source = || FileBasedMigrations::from_path(project.root.join("migrations")).unwrap();
    conn.run_pending_migrations(source()).unwrap();
    conn.revert_last_migration(source()).unwrap();
    let who = "string_agg(audit_operation || ' ' || audit_username || ' ' || audit_tenant, ', ' ORDER BY audit_id)";
    let who: String = diesel::select(sql::<Text>(&format!(
        "(SELECT {who} FROM audit.users_audit)"
    )))
    .get_result(conn)
    .unwrap();
    assert_eq!(
        who,
        "I migration:202611250000000000 7, D migration:202611250000000000 7"
    );
    let after = diesel::sql_query(FILL).execute(conn).unwrap_err();
    assert!(after.to_string().contains("audit.username"), "{after}");
}

#[test]
fn an_empty_way_back_stays_empty() {
    let project = project();
    project.write(&file("down.sql"), "\n");
    let written = project.run(&["preamble", "20261125000000", "--set", "tenant=7", "--write"]);
    assert_eq!(written.code, 2, "{}", written.stderr);
    let written = project.run(&["preamble", MIGRATION, "--set", "tenant=7", "--write"]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    assert_eq!(project.read(&file("down.sql")), "\n");
}

#[test]
fn a_preamble_with_other_values_is_not_put_before_the_first() {
    let project = project();
    let write = |tenant: &str| project.run(&["preamble", MIGRATION, "--write", "--set", tenant]);
    assert_eq!(write("tenant=7").code, 0);
    let up = project.read(&file("up.sql"));
    let other = write("tenant=8");
    assert_eq!(other.code, 2);
    let message = format!("error: up.sql of `{MIGRATION}` has another context already\n");
    assert!(other.stderr.starts_with(&message), "{}", other.stderr);
    assert_eq!(project.read(&file("up.sql")), up);
}

/// The form of what is refused is in the cases.
#[test]
fn what_cannot_be_said_is_refused() {
    let project = project();
    let long = format!("username={}", "x".repeat(1025));
    for (said, expected) in [
        ("username=", "`username` is blank"),
        ("username=\u{200B}", "`username` is blank"),
        ("username=a\0b", "`username` holds a NUL character"),
        (
            &long,
            "`username` has 1025 bytes, a setting has at most 1024",
        ),
        ("username", "`username` has no value"),
        (
            "nobody=x",
            "no audited model has the session setting `nobody`",
        ),
        ("tenant=8", "the session setting `tenant` is there twice"),
    ] {
        let refused = project.run(&["preamble", MIGRATION, "--set", "tenant=7", "--set", said]);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    }
}
