//! What `verify` says of a database, and what its repairs make of it.
#![allow(missing_docs)]

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use audit_test_server::Database;
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel_audit_tests::role::Role;
use support::{Outcome, Project};

const SOURCES: &str = "diesel::table! { users { id -> Int8, email -> Text, } }
#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text))]
struct User { id: i64, email: String }
";

const DISABLE: &str = r#"ALTER TABLE users DISABLE TRIGGER "00_users_audit_insert""#;

const SAID: &str = r#"error: trigger_disabled: the trigger "00_users_audit_insert" of public.users is disabled
  Changes are lost.
"#;

const HINT: &str =
    "hint: `--repair` prints the statements that put it right, `--apply` runs them\n";

const FINE: &str = "    Finished verified 1 model\n";

/// A project and a database that its migration has audited.
fn audited() -> (Project, Database, PgConnection) {
    let project = Project::new("");
    project.write("src/lib.rs", SOURCES);
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let create = "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL)";
    conn.batch_execute(create).unwrap();
    conn.batch_execute(&project.run(&["sql", "User"]).stdout)
        .unwrap();
    (project, database, conn)
}

fn verify(project: &Project, database: &Database, more: &[&str]) -> Outcome {
    let words = ["verify", "--database-url", database.url()];
    project.run(&[&words, more].concat())
}

fn outcome(code: u8, stdout: &str, stderr: &str) -> Outcome {
    Outcome {
        code,
        stdout: stdout.to_owned(),
        stderr: stderr.to_owned(),
    }
}

#[test]
fn a_fault_is_reported_and_repaired() {
    let (project, database, mut conn) = audited();
    assert_eq!(verify(&project, &database, &[]), outcome(0, "", FINE));

    conn.batch_execute(DISABLE).unwrap();
    let said = format!("{SAID}{HINT}");
    assert_eq!(verify(&project, &database, &[]), outcome(1, "", &said));

    let printed = verify(&project, &database, &["--repair"]);
    let script = r#"BEGIN;
SELECT diesel_audit.start('5s');
ALTER TABLE public.users ENABLE ALWAYS TRIGGER "00_users_audit_insert";
SELECT diesel_audit.finish();
COMMIT;
"#;
    assert_eq!(printed, outcome(1, script, SAID));
    conn.batch_execute(&printed.stdout).unwrap();
    assert_eq!(verify(&project, &database, &[]), outcome(0, "", FINE));

    conn.batch_execute(DISABLE).unwrap();
    let applied = format!("    Repaired 1 finding\n{FINE}");
    assert_eq!(
        verify(&project, &database, &["--apply"]),
        outcome(0, "", &applied)
    );
}

#[test]
fn what_is_accepted_is_left_out() {
    let (project, database, mut conn) = audited();
    conn.batch_execute(DISABLE).unwrap();
    let allow = ["--allow", "trigger_missing,trigger_disabled"];
    assert_eq!(verify(&project, &database, &allow), outcome(0, "", FINE));
    let other = verify(&project, &database, &["--allow", "trigger_missing"]);
    assert_eq!(other.code, 1);
    let unknown = verify(&project, &database, &["--allow", "trigger_mising"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("'trigger_missing'"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn a_program_reads_it() {
    let (project, database, mut conn) = audited();
    conn.batch_execute("ALTER TABLE users ADD COLUMN phone text")
        .unwrap();
    let said = verify(&project, &database, &["--format", "json", "--quiet"]);
    let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        report,
        serde_json::json!({
            "format_version": 1,
            "clean": false,
            "findings": [{
                "code": "column_unrecorded",
                "object": "public.users",
                "message": "the column \"phone\" of public.users is neither recorded nor excluded",
                "reason": "Its values are lost to the history.",
                "repair": null,
            }],
            "unchecked": [],
        })
    );
    assert_eq!(said.code, 1);
}

#[test]
fn a_role_that_may_not_repair_is_told() {
    let (project, database, mut conn) = audited();
    let role = Role::create(&database, "reader");
    conn.batch_execute(DISABLE).unwrap();
    let sign = if database.url().contains('?') {
        '&'
    } else {
        '?'
    };
    let url = format!("{}{sign}options=-crole%3D{}", database.url(), role.name());
    let looked = project.run(&["verify", "--database-url", &url]);
    let refused = project.run(&["verify", "--database-url", &url, "--apply"]);
    let unchecked = "warning: not looked at: whether diesel_audit.audit_id is past the numbers in audit.users_audit: this role may not read both\n\
         warning: not looked at: the state of the audit of public.users: this role may not read diesel_audit.audited\n";
    assert_eq!(looked, outcome(1, "", &format!("{unchecked}{SAID}{HINT}")));
    assert_eq!(
        refused,
        outcome(
            2,
            "",
            "error: cannot repair: permission denied for schema diesel_audit\n\
             help: nothing has changed; `--repair` prints the statements, and the owner of the objects may run them\n"
        )
    );
}

#[test]
fn without_a_database() {
    let project = Project::new("");
    project.write("src/lib.rs", SOURCES);
    let check = |words: &[&str], expected: &str| {
        let words = [&["verify"], words].concat();
        assert_eq!(project.run(&words), outcome(2, "", expected));
    };
    check(
        &[],
        "error: no database is given\n\
         help: write `--database-url <URL>`, or set DATABASE_URL, also in a `.env` file\n",
    );
    check(
        &["--database-url", "postgres://ada:secret@127.0.0.1:1/app"],
        "error: cannot connect to the database: error connecting to server: Connection refused (os error 111)\n",
    );
    project.write(".env", "DATABASE_URL=mysql://ada:secret@127.0.0.1/app\n");
    check(
        &[],
        "error: the database url cannot be read: invalid connection string: unexpected EOF\n\
         help: write `postgres://user:password@host:port/database`\n",
    );
    project.write(".env", "DATABASE_URL 'secret\n");
    let file = "error: cannot read .env\nhelp: a line is `NAME=value`\n";
    check(&[], file);
}
