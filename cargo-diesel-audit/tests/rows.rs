//! `baseline` and `reconcile` on a database, and the baseline of a migration.
#![allow(missing_docs)]

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_audit_sql::core;
use serde_json::{Value, json};
use support::{Outcome, Project};

const SOURCES: &str = "diesel::table! { users { id -> Int8, email -> Text, } }
mod shop { diesel::table! { shop.users (shop, name) { shop -> Int4, name -> Text, } } }
#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text, tenant: Nullable<Integer>))]
struct User { id: i64, email: String }
";

const SHOP: &str = "#[derive(diesel_audit::Audited)]
#[diesel(table_name = shop::users, primary_key(shop, name))]
#[audit(source_schema = \"shop\")]
struct ShopUser { shop: i32, name: String }
";

const CREATE: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);
CREATE SCHEMA shop; CREATE TABLE shop.users (shop integer, name text, PRIMARY KEY (shop, name));
INSERT INTO users SELECT n, 'e' || n FROM generate_series(1, 5) AS n;
INSERT INTO shop.users VALUES (1, 'o''k'), (2, 'b')";

const ALICE: &str = "BEGIN; SELECT set_config('audit.username', 'alice', true),
    set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true)";

/// A database whose tables have rows, and a project.
struct Case {
    database: Database,
    conn: PgConnection,
    project: Project,
}

impl Case {
    fn new(sources: &str) -> Case {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        conn.batch_execute(CREATE).unwrap();
        let project = Project::new("");
        project.write("src/lib.rs", sources);
        Case {
            database,
            conn,
            project,
        }
    }

    /// Generates a migration and runs it.
    fn migrate(&mut self, words: &[&str]) {
        let words = [&["generate", "audit"], words].concat();
        let outcome = self.project.run(&words);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let folders = self.project.migrations();
        let newest = folders.iter().rfind(|name| name.ends_with("_audit"));
        let up = self
            .project
            .read(&format!("migrations/{}/up.sql", newest.unwrap()));
        self.run(&format!("BEGIN; {} {up}; COMMIT", core::INSTALL));
    }

    fn run(&mut self, statements: &str) {
        self.conn
            .batch_execute(statements)
            .unwrap_or_else(|error| panic!("{error}, by: {statements}"));
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

    fn text(&mut self, query: &str) -> String {
        sql::<Text>(query).get_result(&mut self.conn).unwrap()
    }
}

#[test]
fn a_baseline_and_what_is_written_past_it() {
    let mut case = Case::new(&format!("{SOURCES}{SHOP}"));
    case.migrate(&[]);
    case.check(
        &["baseline", "--batch", "2", "--set", "username=o'b", "--set", "tenant=7"],
        (
            0,
            "",
            "    Finished public.users: 5 rows, 5 written\n    Finished shop.users: 2 rows, 2 written\n",
        ),
    );
    let recorded = "SELECT string_agg(DISTINCT audit_operation || audit_username || audit_tenant, ' ') || count(*)
        FROM audit.users_audit";
    assert_eq!(case.text(recorded), "Bo'b75");
    case.check(
        &["baseline", "--table", "public.users", "--after", "3"],
        (0, "", "    Finished public.users: 2 rows, 0 written\n"),
    );
    let clean = "    Finished public.users: 5 keys, 0 differ: 0 unrecorded, 0 ended, 0 gone, 0 differs\n    \
         Finished shop.users: 2 keys, 0 differ: 0 unrecorded, 0 ended, 0 gone, 0 differs\n";
    case.check(&["reconcile", "--page", "2"], (0, "", clean));

    case.run(&format!("{ALICE}; DELETE FROM users WHERE id = 1; COMMIT"));
    case.run(
        "ALTER TABLE users DISABLE TRIGGER ALL; INSERT INTO users VALUES (1, 'secret'), (6, 'secret');
         DELETE FROM users WHERE id = 2; UPDATE users SET email = 'secret' WHERE id = 3;
         ALTER TABLE shop.users DISABLE TRIGGER ALL; UPDATE shop.users SET shop = 3 WHERE shop = 1",
    );
    let found = "public.users 1: ended\npublic.users 2: gone\npublic.users 3: differs in email\n\
        public.users 6: unrecorded\nshop.users {1,o'k}: gone\nshop.users {3,o'k}: unrecorded\n";
    let counted = "    Finished public.users: 6 keys, 4 differ: 1 unrecorded, 1 ended, 1 gone, 1 differs\n    \
         Finished shop.users: 3 keys, 2 differ: 1 unrecorded, 0 ended, 1 gone, 0 differs\n\
         error: 6 rows are not what the history says\n\
         help: find out who wrote past the trigger; `cargo diesel-audit baseline` begins a history for what has none\n";
    case.check(&["reconcile", "--page", "2"], (1, found, counted));
    let rest = [
        "reconcile",
        "--table",
        "shop.users",
        "--after",
        "{1,o'k}",
        "-q",
    ];
    case.check(
        &rest,
        (
            1,
            "shop.users {3,o'k}: unrecorded\n",
            "error: 1 row is not what the history says\n\
             help: find out who wrote past the trigger; `cargo diesel-audit baseline` begins a history for what has none\n",
        ),
    );
    let json = case.command(&[
        "reconcile",
        "--table",
        "public.users",
        "--format",
        "json",
        "-q",
    ]);
    let lines: Vec<Value> = json
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(
        lines[2],
        json!({ "format_version": 1, "table": "public.users", "key": "3", "kind": "differs", "columns": ["email"] })
    );
    assert_eq!(
        lines[4],
        json!({ "format_version": 1, "table": "public.users", "keys": 6, "last_key": "6",
            "discrepancies": { "unrecorded": 1, "ended": 1, "gone": 1, "differs": 1 } })
    );
    assert!(!format!("{}{}", json.stdout, json.stderr).contains("secret"));
    let json = case.command(&[
        "baseline",
        "--table",
        "shop.users",
        "--format",
        "json",
        "-q",
    ]);
    assert_eq!(
        serde_json::from_str::<Value>(&json.stdout).unwrap(),
        json!({ "format_version": 1, "tables": [
            { "table": "shop.users", "rows": 2, "written": 1, "last_key": "{3,o'k}" }
        ] })
    );
}

#[test]
fn a_migration_writes_the_baseline_of_what_begins() {
    let mut case = Case::new(SOURCES);
    case.migrate(&["--baseline"]);
    let letters =
        "SELECT string_agg(audit_operation || id, ' ' ORDER BY audit_id) FROM audit.users_audit";
    assert_eq!(case.text(letters), "B1 B2 B3 B4 B5");
    // Another table begins, and the first one has nothing new.
    case.project
        .write("src/lib.rs", &format!("{SOURCES}{SHOP}"));
    case.migrate(&["--baseline"]);
    assert_eq!(case.text(letters), "B1 B2 B3 B4 B5");
    let letters = "SELECT string_agg(audit_operation || name, ' ' ORDER BY audit_id) FROM audit.shop_users_audit";
    assert_eq!(case.text(letters), "Bo'k Bb");
    assert_eq!(case.command(&["reconcile"]).code, 0);
    assert_eq!(case.project.run(&["check"]).code, 0);

    // The history stays on the way down, and a way up adds nothing.
    let folder = "migrations/2026-11-24-063418-0001_audit";
    let down = case.project.read(&format!("{folder}/down.sql"));
    let up = case.project.read(&format!("{folder}/up.sql"));
    case.run(&format!("BEGIN; {down}; COMMIT; BEGIN; {up}; COMMIT"));
    assert_eq!(case.text(letters), "Bo'k Bb");
}

#[test]
fn what_cannot_be_done_is_said() {
    let mut case = Case::new(&format!("{SOURCES}{SHOP}"));
    let refused = |case: &Case, words: &[&str], expected: &str| {
        let outcome = case.command(words);
        assert_eq!(outcome.code, 2, "{words:?}");
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
    };
    refused(
        &case,
        &["reconcile"],
        "the migrations audit no table\nhelp: run",
    );
    case.migrate(&[]);
    refused(
        &case,
        &["reconcile", "--table", "posts"],
        "no audited table is called `posts`\nhelp: the tables are `public.users`, `shop.users`",
    );
    refused(
        &case,
        &["baseline", "--table", "users"],
        "several audited tables are called `users`\nhelp: write `public.users` or `shop.users`",
    );
    refused(&case, &["baseline", "--after", "1"], "--table <TABLE>");
    refused(&case, &["baseline", "--batch", "0"], "--batch <ROWS>");
    refused(
        &case,
        &["baseline", "--set", "user=ann"],
        "no audited model has the session setting `user`",
    );
    refused(
        &case,
        &["reconcile", "--table", "shop.users", "--after", "{1}"],
        "error: shop.users: `{1}` is no key of shop.users, which has 2 columns",
    );
    case.run("ALTER TABLE users DROP CONSTRAINT users_pkey");
    for command in ["baseline", "reconcile"] {
        let outcome = case.command(&[command]);
        assert_eq!(outcome.code, 2);
        assert_eq!(
            outcome.stderr.lines().last(),
            Some(
                "error: public.users: public.users has no primary key on (id) in the database, so its rows cannot be told apart"
            )
        );
        // The other table is done all the same.
        assert!(
            outcome.stderr.contains("Finished shop.users"),
            "{}",
            outcome.stderr
        );
    }
}

/// A run that somebody stands in the way of says how to go on.
#[test]
fn a_run_that_stops_says_where() {
    let mut case = Case::new(SOURCES);
    case.migrate(&[]);
    case.run(&format!(
        "{ALICE}; UPDATE users SET email = 'x' WHERE id = 4"
    ));
    let words = ["baseline", "--batch", "2", "--lock-timeout", "50ms"];
    case.check(
        &words,
        (
            2,
            "",
            "error: public.users: 1 rows are held by other transactions\n\
             help: go on with `--table public.users --after 2`\n",
        ),
    );
    case.run("ROLLBACK");
    case.check(
        &["baseline", "--table", "public.users", "--after", "2"],
        (0, "", "    Finished public.users: 3 rows, 2 written\n"),
    );
}
