//! Migrations that write rows of audited tables, and scripts that do.

use std::fs;
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel_audit::{AuditContext, AuditError, HarnessWithContext};
use diesel_audit_sql::refusal::Refusal;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use crate::support::{attempt, audit, count, run, texts};

const INSERT: &str = "INSERT INTO item VALUES (1, 'x')";
const WHO: &str =
    "SELECT audit_operation || ' ' || audit_username FROM audit.item_audit ORDER BY audit_id";

/// A migrations folder, which goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, migrations: &[(&str, &[(&str, &str)])]) -> Folder {
        let name = format!("{name}-{}", std::process::id());
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        for (migration, files) in migrations {
            let folder = root.join(migration);
            fs::create_dir_all(&folder).expect("a folder");
            for (file, text) in *files {
                fs::write(folder.join(file), text).expect("a file");
            }
        }
        Folder(root)
    }

    fn source(&self) -> FileBasedMigrations {
        FileBasedMigrations::from_path(&self.0).expect("migrations")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn item(conn: &mut PgConnection) {
    run(conn, "CREATE TABLE item (id integer PRIMARY KEY, v text)");
    audit(conn, "item");
}

fn harness(conn: &mut PgConnection) -> impl MigrationHarness<diesel::pg::Pg> {
    HarnessWithContext::new(conn, |version| {
        AuditContext::new().set("username", format_args!("migration:{version}"))
    })
}

/// Nothing of the context is left.
fn is_refused(conn: &mut PgConnection) {
    let refused = attempt(conn, "", "INSERT INTO item VALUES (9, 'y')").expect_err("refused");
    assert!(refused.is(Refusal::SettingMissing), "{refused:?}");
}

#[test]
fn a_migration_is_its_own_user_forth_and_back() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    item(conn);
    let folder = Folder::new(
        "forth_and_back",
        &[
            (
                "2026-11-24-100000-0000_fill",
                &[("up.sql", INSERT), ("down.sql", "DELETE FROM item")],
            ),
            (
                "2026-11-24-100001-0000_change",
                &[
                    ("up.sql", "UPDATE item SET v = 'y'"),
                    ("down.sql", "SELECT 1"),
                ],
            ),
        ],
    );
    harness(conn)
        .run_pending_migrations(folder.source())
        .expect("forth");
    is_refused(conn);
    let forth = [
        "I migration:202611241000000000",
        "U migration:202611241000010000",
    ];
    assert_eq!(texts(conn, WHO), forth.map(|who| Some(who.to_owned())));
    assert!(
        !harness(conn)
            .has_pending_migration(folder.source())
            .expect("an answer")
    );

    harness(conn)
        .revert_all_migrations(folder.source())
        .expect("back");
    is_refused(conn);
    assert_eq!(
        texts(conn, WHO).pop().flatten().as_deref(),
        Some("D migration:202611241000000000")
    );
    assert_eq!(harness(conn).applied_migrations().expect("an answer"), []);
}

#[test]
fn a_migration_that_fails_leaves_nothing() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    item(conn);
    let wrong = format!("{INSERT}; SELECT 1 / 0");
    let folder = Folder::new("fails", &[("1_wrong", &[("up.sql", &wrong)])]);
    let error = harness(conn)
        .run_pending_migrations(folder.source())
        .expect_err("it fails")
        .to_string();
    assert!(error.contains("division by zero"), "{error}");
    is_refused(conn);
    assert_eq!(count(conn, "SELECT count(*) FROM item"), 0);
    assert_eq!(texts(conn, WHO), []);
    assert_eq!(harness(conn).applied_migrations().expect("an answer"), []);
}

/// A context of the session would be there for what comes next.
#[test]
fn a_migration_outside_of_a_transaction_has_no_context() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    item(conn);
    let files = [
        ("up.sql", INSERT),
        ("metadata.toml", "run_in_transaction = false"),
    ];
    let folder = Folder::new("outside", &[("1_outside", &files)]);
    let error = harness(conn)
        .run_pending_migrations(folder.source())
        .expect_err("refused")
        .to_string();
    assert!(error.contains("audit.username"), "{error}");
}

#[test]
fn a_context_that_cannot_be_made_runs_nothing() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    item(conn);
    let folder = Folder::new("no_context", &[("1_fill", &[("up.sql", INSERT)])]);
    let error = HarnessWithContext::new(conn, |_| AuditContext::new().set("username", ""))
        .run_pending_migrations(folder.source())
        .expect_err("refused");
    let error = error.downcast::<AuditError>().expect("ours");
    assert!(
        matches!(
            *error,
            AuditError::SettingRefused {
                name: "username",
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(count(conn, "SELECT count(*) FROM item"), 0);
}

/// What README shows for psql, also in a session that had another setting before.
#[test]
fn the_statement_of_the_readme_holds_for_its_transaction() {
    let readme = include_str!("../../../README.md");
    let shown = readme
        .split_once("<!-- run by a test -->\n```sql\n")
        .and_then(|(_, rest)| rest.split_once("```\n"))
        .map(|(shown, _)| shown)
        .expect("README has the block");
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    run(
        conn,
        "CREATE TABLE users (id bigint PRIMARY KEY, email text); INSERT INTO users VALUES (7, '')",
    );
    audit(conn, "users");
    let who =
        "SELECT concat_ws(' ', audit_username, email, audit_request_id) FROM audit.users_audit";
    let update = "UPDATE users SET email = 'x' WHERE id = 7";

    run(
        conn,
        "SET audit.request_id = '44444444-4444-4444-4444-444444444444'",
    );
    run(conn, shown);
    let recorded = [Some("ann ann@example.org".to_owned())];
    assert_eq!(texts(conn, who), recorded);
    // A later transaction, and each statement without one.
    let refused = attempt(conn, "", update).expect_err("refused");
    assert!(refused.is(Refusal::SettingMissing), "{refused:?}");
    let statements = shown.split(';').map(str::trim);
    for statement in statements.filter(|statement| statement.contains(' ')) {
        let done = diesel::sql_query(statement).execute(conn);
        let is_refused = statement.starts_with("UPDATE");
        assert_eq!(done.is_err(), is_refused, "{statement}: {done:?}");
    }
    assert_eq!(texts(conn, who), recorded);
}
