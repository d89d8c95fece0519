//! `when`: a change is left out where the condition is false, and only there.

mod hostile;
mod refused;

use audit_test_server::Database;
use diesel::prelude::*;
use diesel_audit::{AuditError, Incomparable, ReconcileOptions, reconcile, verify};
use diesel_audit_model::{AuditedTable, Policy, Recording};
use diesel_audit_sql::refusal::Refusal;

use crate::support::{
    ALICE, Role, attempt, describe, has_extension, install, may_make_roles, operations, public,
    run, run_as_alice, text,
};

/// A database with the table `item` and its audit under a condition.
struct Items {
    database: Database,
    conn: PgConnection,
    table: AuditedTable,
}

const COLUMNS: &str = "id integer PRIMARY KEY, total integer, note text";

fn items(condition: &str) -> Items {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(&mut conn, &format!("CREATE TABLE item ({COLUMNS})"));
    let table = conditional(&mut conn, condition);
    install(&mut conn, &table);
    Items {
        database,
        conn,
        table,
    }
}

fn conditional(conn: &mut PgConnection, condition: &str) -> AuditedTable {
    AuditedTable {
        policy: Policy {
            when: Some(condition.to_owned().into()),
            ..Policy::DEFAULT
        },
        ..describe(conn, public("item"))
    }
}

/// Statements of Alice's, each with the letters that it adds to the history.
fn check(condition: &str, script: &[(&str, &str)]) {
    let mut items = items(condition);
    let mut expected = String::new();
    for (statement, letters) in script {
        run_as_alice(&mut items.conn, statement);
        expected.push_str(letters);
        let seen = operations(&mut items.conn, &items.table);
        assert_eq!(seen, expected, "{condition}: {statement}");
    }
}

/// Each operation, with the condition's answer for it as an SQL expression.
fn check_answer(answer: &str, expected: &str) {
    let mut items = items(answer);
    run_as_alice(
        &mut items.conn,
        "INSERT INTO item VALUES (1, 1, 'a'); UPDATE item SET total = 2; UPDATE item SET id = 2; DELETE FROM item; TRUNCATE item",
    );
    let seen = operations(&mut items.conn, &items.table);
    assert_eq!(seen, expected, "{answer}");
}

#[test]
fn only_what_is_false_is_left_out() {
    for (answer, expected) in [
        ("true", "IUDUDT"),
        ("NULL", "IUDUDT"),
        ("false", "T"),
        ("TG_OP = 'INSERT'", "IT"),
        ("TG_OP = 'UPDATE'", "UDUT"),
        ("TG_OP <> 'UPDATE'", "IDT"),
        ("TG_OP IN ('DELETE')", "DT"),
        // NULL on INSERT, and so recorded.
        ("OLD.total = 7", "IT"),
        // NULL on DELETE.
        ("NEW.total = 7", "DT"),
        ("OLD IS NULL", "IT"),
        ("NEW IS NULL", "DT"),
        ("OLD.id <> NEW.id", "IDUDT"),
        ("OLD.id IS NOT NULL AND NEW.id IS NOT NULL", "UDUT"),
        ("coalesce(NEW.total, OLD.total) = 2", "UDUDT"),
        ("CASE TG_OP WHEN 'INSERT' THEN false ELSE true END", "UDUDT"),
    ] {
        check_answer(answer, expected);
    }
}

/// As a whole it stands on lines of its own.
#[test]
fn however_it_is_written() {
    for (condition, expected) in [
        ("false OR true", "IUDUDT"),
        ("false -- ) IS FALSE THEN", "T"),
        ("\n  false\n  /* ; */\n", "T"),
        ("TG_OP::text = $audit$INSERT$audit$", "IT"),
        ("TG_OP = $$INSERT$$ AND '%' = '%'", "IT"),
        ("TG_OP = E'INSER\\x54' AND NEW.note !~ E'\\\\)'", "IT"),
        (
            "NEW.\"note\" = 'it''s; )' IS NOT TRUE AND TG_OP = 'INSERT'",
            "IT",
        ),
        ("(ARRAY[false, true])[1]", "T"),
    ] {
        check_answer(condition, expected);
    }
}

#[test]
fn old_and_new() {
    check(
        "NEW.total > 100 OR OLD.total > 100",
        &[
            ("INSERT INTO item VALUES (1, 100, 'a')", "I"),
            ("UPDATE item SET total = 99", ""),
            ("UPDATE item SET total = 101", "U"),
            ("UPDATE item SET id = 2", "DU"),
            ("UPDATE item SET total = 100", "U"),
            ("UPDATE item SET total = 99", ""),
            ("UPDATE item SET total = NULL", "U"),
            ("TRUNCATE item", "T"),
        ],
    );
    check(
        "OLD IS DISTINCT FROM NEW AND NEW.note IS DISTINCT FROM 'skip'",
        &[
            ("INSERT INTO item VALUES (1, 1, 'skip')", ""),
            ("INSERT INTO item VALUES (2, 1, 'b')", "I"),
            ("UPDATE item SET note = note", ""),
            ("UPDATE item SET note = 'a'", "UU"),
            ("DELETE FROM item WHERE id = 1", "D"),
        ],
    );
}

/// A column that is not recorded can decide.
#[test]
fn a_column_that_is_excluded() {
    let mut items = items("NEW.note = 'audit'");
    for column in &mut items.table.columns {
        if column.name == "note" {
            column.recording = Recording::Excluded;
        }
    }
    run(&mut items.conn, "DROP SCHEMA audit CASCADE");
    install(&mut items.conn, &items.table);
    run_as_alice(
        &mut items.conn,
        "INSERT INTO item VALUES (1, 1, 'audit'), (2, 2, 'no')",
    );
    assert_eq!(operations(&mut items.conn, &items.table), "I");
}

/// Those of the writer's path are not looked at, those of another schema can be
/// named.
#[test]
fn functions_and_operators() {
    const OTHER: &str = "CREATE SCHEMA other;
        CREATE FUNCTION other.never(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
        CREATE OPERATOR other.> (FUNCTION = other.never, LEFTARG = integer, RIGHTARG = integer);
        CREATE FUNCTION other.abs(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 0'";
    let database = audit_test_server::database();
    let mut conn = database.connect();
    for (condition, expected) in [
        ("abs(NEW.total) > 100", "I"),
        ("NEW.total OPERATOR(other.>) 100", ""),
        ("other.abs(NEW.total) > 100", ""),
    ] {
        run(
            &mut conn,
            "DROP TABLE IF EXISTS item CASCADE; DROP SCHEMA IF EXISTS audit, other CASCADE",
        );
        run(
            &mut conn,
            &format!("CREATE TABLE item ({COLUMNS}); {OTHER}"),
        );
        let table = conditional(&mut conn, condition);
        install(&mut conn, &table);
        run_as_alice(
            &mut conn,
            "SET LOCAL search_path = other, pg_catalog, public; INSERT INTO item VALUES (1, 101, '')",
        );
        assert_eq!(operations(&mut conn, &table), expected, "{condition}");
    }
}

/// The path of the migration is what it was.
#[test]
fn the_check_leaves_no_setting_behind() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        &format!(
            "CREATE SCHEMA other; CREATE TABLE item ({COLUMNS}); SET search_path = other, public"
        ),
    );
    let table = conditional(&mut conn, "true");
    install(&mut conn, &table);
    assert_eq!(text(&mut conn, "SHOW search_path"), "other, public");
}

/// Nothing is lost: what the condition cannot be computed for is refused.
#[test]
fn a_condition_that_fails() {
    let mut items = items("100 / NEW.total > 1");
    let conn = &mut items.conn;
    run_as_alice(conn, "INSERT INTO item VALUES (1, 20, ''), (2, 100, '')");
    let refused = attempt(conn, ALICE, "UPDATE item SET total = 0").unwrap_err();
    assert_eq!(refused.sqlstate, "22012", "{refused:?}");
    assert_eq!(operations(conn, &items.table), "I");
}

/// PostgreSQL knows which columns it is about: it follows another name, and refuses what
/// would leave it without a meaning.
#[test]
fn a_condition_and_the_columns_that_it_is_about() {
    let mut items = items("NEW.total > 100");
    let conn = &mut items.conn;
    // PostgreSQL 16.2 refuses the first one too, as an internal error (XX000).
    for (change, sqlstates) in [
        (
            "ALTER TABLE item ALTER COLUMN total TYPE text",
            ["0A000", "XX000"],
        ),
        ("ALTER TABLE item DROP COLUMN total", ["2BP01"; 2]),
    ] {
        let refused = attempt(conn, "", change).unwrap_err();
        assert!(
            sqlstates.contains(&&*refused.sqlstate),
            "{change}: {refused:?}"
        );
        assert!(refused.message.contains("column"), "{change}: {refused:?}");
    }
    run(
        conn,
        "CREATE FUNCTION large(integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 > 100'",
    );
    items.table.policy.when = Some("large(NEW.total)".into());
    install(conn, &items.table);
    let refused = attempt(conn, "", "DROP FUNCTION large").unwrap_err();
    assert_eq!(refused.sqlstate, "2BP01", "{refused:?}");
    run_as_alice(conn, "INSERT INTO item VALUES (1, 101, ''), (2, 100, '')");
    assert_eq!(operations(conn, &items.table), "I");
}

/// They mean what they mean in psql, on the path of the migration.
#[test]
fn types_and_operators_of_extensions() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    if !may_make_roles(conn) || !has_extension(conn, "citext") {
        return;
    }
    run(
        conn,
        "CREATE SCHEMA extensions; CREATE EXTENSION citext SCHEMA extensions;
         CREATE DOMAIN plan AS text CHECK (VALUE <> '');
         SET search_path = public, extensions;
         CREATE TABLE item (id integer PRIMARY KEY, name citext, plan plan)",
    );
    for (condition, expected) in [
        ("NEW.name = 'ANN'", "I"),
        ("NEW.name LIKE 'A%'", "I"),
        ("NEW.name IN ('ANN', 'EVE')", "I"),
        ("NEW.plan = 'free' AND NEW.name <> 'bob'", "I"),
        ("NEW.name::text = 'ANN'", ""),
    ] {
        let table = conditional(conn, condition);
        install(conn, &table);
        run_as_alice(
            conn,
            "TRUNCATE item, audit.item_audit; SET LOCAL search_path = pg_catalog; INSERT INTO public.item VALUES (1, 'ann', 'free'), (2, 'bob', 'paid')",
        );
        let seen = operations(conn, &table).replace('T', "");
        assert_eq!(seen, expected, "{condition}");
    }
}

/// It is computed with the rights of the writer, who has written the value.
#[test]
fn a_condition_may_do_what_its_writer_may() {
    let mut items = items("current_user = session_user AND NEW.total > 100");
    let conn = &mut items.conn;
    if !may_make_roles(conn) {
        return;
    }
    let role = Role::create(&items.database, "app");
    run(conn, &format!("GRANT ALL ON item TO {}", role.name()));
    let app = &mut role.connect();
    run_as_alice(app, "INSERT INTO item VALUES (1, 101, ''), (2, 100, '')");
    assert_eq!(operations(conn, &items.table), "I");
}

#[test]
fn no_context_is_needed_for_what_is_left_out() {
    let mut items = items("NEW.total > 100 OR OLD.total > 100");
    let conn = &mut items.conn;
    run_as_alice(conn, "INSERT INTO item VALUES (1, 1, '')");
    attempt(conn, "", "UPDATE item SET total = 100").unwrap();
    for write in ["UPDATE item SET total = 101", "TRUNCATE item"] {
        let refused = attempt(conn, "", write).unwrap_err();
        assert!(refused.is(Refusal::SettingMissing), "{write}: {refused:?}");
    }
    attempt(conn, "", "INSERT INTO item VALUES (2, 2, '')").unwrap_err();
}

#[test]
fn rows_are_not_compared_with_their_history() {
    let mut items = items("NEW.total > 100");
    match reconcile(&mut items.conn, &items.table, ReconcileOptions::new()).err() {
        Some(AuditError::Incomparable(Incomparable::Conditional { table })) => {
            assert_eq!(table, items.table.source);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_verify_says() {
    let mut items = items("NEW.total > 100");
    let found = |items: &mut Items| {
        let found = verify(&mut items.conn, std::slice::from_ref(&items.table));
        found.expect("it can be asked").to_string()
    };
    assert!(!found(&mut items).contains("state_differs"));
    items.table.policy.when = Some("NEW.total > 101".into());
    assert!(found(&mut items).contains("state_differs"));
}
