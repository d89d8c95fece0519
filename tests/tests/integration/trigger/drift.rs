//! Columns whose type changes under the trigger: the write is refused or its
//! row recorded in full, in sessions that ran the trigger before and in new
//! ones alike. Never is a part lost.

use diesel::prelude::*;

use crate::support::{ALICE, attempt, audit, count, run};
use crate::zoo::compare::{Fault, recorded};

/// The type before, the type after with its `USING` where it needs one, a value
/// of both, and one that the first type would cut.
const CHANGES: [(&str, &str, &str, &str); 18] = [
    ("numeric(6,2)", "numeric(10,5)", "1.5", "3.14159"),
    ("integer", "numeric", "1", "1.6"),
    ("varchar(10)", "text", "'a'", "'more than ten characters'"),
    ("varchar(3)", "varchar(9)", "'a'", "'nine char'"),
    (
        "timestamp(0)",
        "timestamp(6)",
        "'2000-01-01'",
        "'2000-01-01 00:00:00.123456'",
    ),
    ("real", "double precision", "0.5", "0.1"),
    (
        "timestamptz",
        "timestamp",
        "'2000-01-01'",
        "'2000-01-01 12:00'",
    ),
    ("char(3)", "text", "'abc'", "'abcd '"),
    ("char(3)", "char(6)", "'abc'", "'abcdef'"),
    ("date", "timestamp", "'2000-01-01'", "'2000-01-01 12:34:56'"),
    ("time", "timetz", "'12:00'", "'12:00+05'"),
    (
        "timestamp",
        "timestamptz",
        "'2000-01-01'",
        "'2000-01-01 12:00+05'",
    ),
    ("interval day", "interval", "'1 day'", "'1 day 00:00:01'"),
    ("smallint", "bigint", "1", "9223372036854775807"),
    ("json", "jsonb", "'[]'", "'[1.0]'"),
    (
        "jsonb",
        "json USING v::json",
        "'[]'",
        "'{\"a\":1, \"a\" : 2}'",
    ),
    ("bit(3)", "bit(5) USING v::bit(5)", "B'101'", "B'10101'"),
    (
        "numeric(6,2)[]",
        "numeric[] USING v::numeric[]",
        "'{1.5}'",
        "'{3.14159}'",
    ),
];

#[test]
fn a_changed_type_is_refused_or_recorded_in_full() {
    let database = audit_test_server::database();
    let mut warm = database.connect();
    let mut recorded_in_full = 0;
    let mut faults = Vec::new();
    for (n, (before, after, old, new)) in CHANGES.into_iter().enumerate() {
        let name = format!("drift_{n}");
        run(
            &mut warm,
            &format!("CREATE TABLE {name} (id integer PRIMARY KEY, v {before})"),
        );
        let table = audit(&mut warm, &name);
        let insert = format!("INSERT INTO {name} VALUES (1, {old})");
        recorded(&mut warm, &table, &insert, "I").expect("recorded before the change");
        run(
            &mut warm,
            &format!("ALTER TABLE {name} ALTER COLUMN v TYPE {after}"),
        );
        let mut fresh = database.connect();
        for (session, conn, id) in [("fresh", &mut fresh, 2), ("warm", &mut warm, 3)] {
            let insert = format!("INSERT INTO {name} VALUES ({id}, {new})");
            match recorded(conn, &table, &insert, "I") {
                Ok(()) => recorded_in_full += 1,
                Err(Fault::Refused(_)) => {}
                Err(Fault::Mismatch(fault)) => {
                    faults.push(format!("{before} to {after}, {session} session: {fault}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    // Were everything refused, the above would show nothing.
    assert!(recorded_in_full >= 8, "{recorded_in_full}");
}

/// A length or precision is no type: nothing is in the way of such a change.
#[test]
fn a_wider_column_needs_no_migration_of_its_history() {
    let database = audit_test_server::database();
    let mut warm = database.connect();
    for (n, (before, after, value)) in [
        ("varchar(3)", "varchar(30)", "'longer than three'"),
        ("numeric(4,1)", "numeric(20,10)", "1.0123456789"),
        ("char(2)", "char(8)", "'abcdefgh'"),
        ("timestamp(0)", "timestamp", "'2000-01-01 00:00:00.123456'"),
        ("bit varying(2)", "bit varying(9)", "B'111000111'"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("wider_{n}");
        run(
            &mut warm,
            &format!("CREATE TABLE {name} (id integer PRIMARY KEY, v {before})"),
        );
        let table = audit(&mut warm, &name);
        recorded(
            &mut warm,
            &table,
            &format!("INSERT INTO {name} VALUES (1, NULL)"),
            "I",
        )
        .expect(before);
        run(
            &mut warm,
            &format!("ALTER TABLE {name} ALTER COLUMN v TYPE {after}"),
        );
        for (conn, id) in [(&mut warm, 2), (&mut database.connect(), 3)] {
            let insert = format!("INSERT INTO {name} VALUES ({id}, {value})");
            recorded(conn, &table, &insert, "I")
                .unwrap_or_else(|fault| panic!("{before} to {after}: {fault:?}"));
        }
    }
}

#[test]
fn a_column_that_goes_or_is_renamed_refuses_every_write() {
    for change in ["DROP COLUMN v", "RENAME COLUMN v TO w"] {
        let database = audit_test_server::database();
        let mut warm = database.connect();
        run(
            &mut warm,
            "CREATE TABLE item (id integer PRIMARY KEY, v text)",
        );
        let table = audit(&mut warm, "item");
        recorded(&mut warm, &table, "INSERT INTO item VALUES (1, 'a')", "I").expect("recorded");
        run(&mut warm, &format!("ALTER TABLE item {change}"));
        for conn in [&mut warm, &mut database.connect()] {
            attempt(conn, ALICE, "INSERT INTO item (id) VALUES (2)").expect_err(change);
            attempt(conn, ALICE, "DELETE FROM item").expect_err(change);
        }
        assert_eq!(count(&mut warm, "SELECT count(*) FROM item"), 1);
    }
}

/// The history must not block a migration that adds a rule to its domain.
#[test]
fn a_domain_may_become_stricter() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE DOMAIN code AS text; CREATE TABLE item (id integer PRIMARY KEY, v code NOT NULL)",
    );
    let table = audit(&mut conn, "item");
    recorded(&mut conn, &table, "INSERT INTO item VALUES (1, '')", "I").expect("recorded");
    recorded(&mut conn, &table, "UPDATE item SET v = 'x'", "U").expect("recorded");
    run(
        &mut conn,
        "ALTER DOMAIN code ADD CHECK (VALUE <> ''); ALTER DOMAIN code SET NOT NULL",
    );
    for conn in [&mut conn, &mut database.connect()] {
        recorded(conn, &table, "UPDATE item SET v = 'y'", "U").expect("recorded");
    }
}

/// What the fresh and the warm sessions of these tests stand for: the second
/// has the trigger's plan in its cache, the first makes a new one.
#[test]
fn a_migration_of_both_tables_works_in_sessions_that_are_open() {
    let database = audit_test_server::database();
    let mut warm = database.connect();
    run(
        &mut warm,
        "CREATE TABLE item (id integer PRIMARY KEY, v integer)",
    );
    let table = audit(&mut warm, "item");
    recorded(&mut warm, &table, "INSERT INTO item VALUES (1, 1)", "I").expect("recorded");
    let mut other: PgConnection = database.connect();
    run(
        &mut other,
        "BEGIN; ALTER TABLE item ALTER COLUMN v TYPE text; ALTER TABLE audit.item_audit ALTER COLUMN v TYPE text; COMMIT",
    );
    for conn in [&mut warm, &mut other] {
        recorded(conn, &table, "UPDATE item SET v = v || 'x'", "U").expect("recorded");
    }
}
