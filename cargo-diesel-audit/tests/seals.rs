//! `seal` and `verify --seals` on a database.
#![allow(missing_docs)]

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use std::thread;
use std::time::{Duration, Instant};

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_audit_sql::core;
use support::{Outcome, Project};

const SOURCES: &str = "diesel::table! { users { id -> Int8, email -> Text, } }
diesel::table! { plain { id -> Int8, } }
#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(seals)]
struct User { id: i64, email: String }
#[derive(diesel_audit::Audited)]
#[diesel(table_name = plain)]
struct Plain { id: i64 }
";

struct Case {
    database: Database,
    conn: PgConnection,
    project: Project,
}

impl Case {
    fn new() -> Case {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        conn.batch_execute(
            "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);
             CREATE TABLE plain (id bigint PRIMARY KEY)",
        )
        .unwrap();
        let project = Project::new("");
        project.write("src/lib.rs", SOURCES);
        let outcome = project.run(&["generate", "audit"]);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let folders = project.migrations();
        let newest = folders
            .iter()
            .rfind(|name| name.ends_with("_audit"))
            .unwrap();
        let up = project.read(&format!("migrations/{newest}/up.sql"));
        conn.batch_execute(&format!("BEGIN; {} {up}; COMMIT", core::INSTALL))
            .unwrap();
        Case {
            database,
            conn,
            project,
        }
    }

    fn run(&mut self, statements: &str) {
        self.conn
            .batch_execute(statements)
            .unwrap_or_else(|error| panic!("{error}, by: {statements}"));
    }

    /// Writes a row, and waits for the transactions of others.
    fn write(&mut self, id: i64) {
        self.run(&format!("INSERT INTO users VALUES ({id}, 'e')"));
        let ended = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >
             (SELECT max(audit_transaction_id) FROM audit.users_audit)";
        let deadline = Instant::now() + Duration::from_secs(60);
        while !sql::<Bool>(ended)
            .get_result::<bool>(&mut self.conn)
            .unwrap()
        {
            assert!(Instant::now() < deadline, "some transaction never ends");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn command(&self, words: &[&str]) -> Outcome {
        let url = ["--database-url", self.database.url()];
        self.project.run(&[words, &url].concat())
    }

    fn check(&self, words: &[&str], expected: (u8, &str, &str)) {
        let outcome = self.command(words);
        assert_eq!(
            (outcome.code, &*outcome.stdout, &*outcome.stderr),
            expected,
            "{words:?}"
        );
    }
}

const FINE: &str = "    Finished verified 2 models\n";

#[test]
fn rows_are_sealed_and_their_changes_found() {
    let mut case = Case::new();
    let nothing = "    Finished public.users: nothing to seal\n";
    case.check(&["seal"], (0, "", nothing));
    case.write(1);
    let first = case.command(&["seal", "--digests", "kept"]);
    assert_eq!(first.stderr, "      Sealed public.users: 1 row\n");
    let line = first.stdout.strip_suffix('\n').expect("one line");
    let digest = line
        .strip_prefix("audit.users_audit 1 sha256:")
        .expect("table and number");
    assert_eq!(digest.len(), 64);
    assert_eq!(case.project.read("kept"), first.stdout);

    case.write(2);
    let second = case.command(&[
        "seal",
        "--table",
        "users",
        "--format",
        "json",
        "--digests",
        "kept",
    ]);
    let report: serde_json::Value = serde_json::from_str(&second.stdout).unwrap();
    let seal = &report["seals"][0];
    assert_eq!(seal["number"], 2);
    assert_eq!(seal["rows"], 1);
    assert_eq!(
        case.project.read("kept").lines().nth(1).map(str::to_owned),
        Some(format!(
            "audit.users_audit 2 {}",
            seal["digest"].as_str().unwrap()
        ))
    );
    case.check(&["verify", "--seals", "--digests", "kept"], (0, "", FINE));

    case.run("UPDATE audit.users_audit SET email = 'f' WHERE id = 1");
    case.check(&["verify"], (0, "", FINE));
    let found = case.command(&["verify", "--seals"]);
    assert_eq!(found.code, 1);
    assert!(
        found
            .stderr
            .starts_with("error: seal_broken: the block 1 (audit_id 1 to 1, sealed at "),
        "{}",
        found.stderr
    );
    assert!(
        found
            .stderr
            .contains("of audit.users_audit: its rows were changed\n")
    );
    case.check(
        &["verify", "--seals", "--allow", "seal_broken"],
        (0, "", FINE),
    );

    // Its owner makes the chain anew.
    case.run("TRUNCATE audit.users_audit_seals");
    assert_eq!(case.command(&["seal"]).code, 0);
    case.check(&["verify", "--seals"], (0, "", FINE));
    let found = case.command(&["verify", "--seals", "--digests", "kept"]);
    assert_eq!(found.code, 1);
    assert_eq!(
        found.stderr.matches("seal_digest_differs").count(),
        2,
        "{}",
        found.stderr
    );
}

#[test]
fn what_stands_in_the_way_is_told() {
    let mut case = Case::new();
    case.check(
        &["seal", "--table", "plain"],
        (
            2,
            "",
            "error: the audit of `plain` is not sealed\n\
             help: write `#[audit(seals)]` on the model, and run `cargo diesel-audit generate`\n",
        ),
    );
    case.project
        .write("kept", "\naudit.users_audit 1 sha256:00\n");
    case.check(
        &["verify", "--seals", "--digests", "kept"],
        (
            2,
            "",
            "error: kept, line 2: `audit.users_audit 1 sha256:00` is no digest of a seal\n\
             help: a line is `audit.users_audit 17 sha256:<64 digits>`, as `seal` prints it\n",
        ),
    );
    let missing = case.command(&["verify", "--seals", "--digests", "nowhere"]);
    assert_eq!(missing.code, 2);
    assert!(
        missing.stderr.starts_with("error: cannot read nowhere: "),
        "{}",
        missing.stderr
    );

    case.write(1);
    let unwritten = case.command(&["seal", "--digests", "nowhere/kept"]);
    assert_eq!(unwritten.code, 2);
    let line = unwritten.stdout.trim_end();
    assert!(line.starts_with("audit.users_audit 1 sha256:"));
    assert!(
        unwritten.stderr.contains(&format!(
            "help: the seal is made; add the line `{line}` by hand\n"
        )),
        "{}",
        unwritten.stderr
    );
    case.run("UPDATE audit.users_audit_seals SET to_transaction = to_transaction + 1000000");
    let restored = case.command(&["seal"]);
    assert_eq!(restored.code, 2);
    assert!(
        restored.stderr.ends_with(
            "the database was restored into a cluster whose transactions begin anew\n\
             help: run `cargo diesel-audit seal --after-restore` once, or call `seal_after_restore`\n"
        ),
        "{}",
        restored.stderr
    );
    assert_eq!(case.command(&["seal", "--after-restore"]).code, 0);
    case.write(2);
    assert_eq!(case.command(&["seal"]).code, 0);

    case.run("DROP TABLE audit.users_audit_seals");
    let dropped = case.command(&["verify", "--seals", "--repair"]);
    assert_eq!(dropped.code, 1);
    case.run(&dropped.stdout);
    case.check(&["verify", "--seals"], (0, "", FINE));
}
