//! TRUNCATE ends rows, and their history says so: of the table, of a partition that
//! was there when its audit began, and of one that came later, once `verify` has found
//! and repaired what it lacks.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::verify;
use diesel_audit_model::{AuditedTable, Policy};
use diesel_audit_sql::Step;

use super::{Outcome, begin};
use crate::support::{ALICE, apply, count, describe, public, run, run_as_alice, texts};

/// Partitions with a row each, by their own names: two that come later, and one with
/// partitions of its own.
const PARTITIONED: &str =
    "CREATE TABLE item (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
     CREATE TABLE low PARTITION OF item FOR VALUES FROM (0) TO (10);
     CREATE TABLE middle PARTITION OF item FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);
     CREATE TABLE middle_a PARTITION OF middle FOR VALUES FROM (10) TO (15);
     CREATE TABLE middle_b PARTITION OF middle DEFAULT";
const LATER: &str = "CREATE TABLE later PARTITION OF item FOR VALUES FROM (20) TO (30);
     CREATE TABLE attached (v text, gone integer, id integer NOT NULL);
     ALTER TABLE attached DROP COLUMN gone;
     ALTER TABLE item ATTACH PARTITION attached FOR VALUES FROM (30) TO (40)";
const KEYS: [i32; 5] = [1, 11, 16, 21, 31];

struct Truncation {
    statement: &'static str,
    ends: &'static [i32],
    outcome: Outcome,
}

const TRUNCATIONS: [Truncation; 10] = [
    truncation("TRUNCATE item", &KEYS, Outcome::Recorded),
    truncation(
        "TRUNCATE item RESTART IDENTITY CASCADE",
        &KEYS,
        Outcome::Recorded,
    ),
    truncation("TRUNCATE item, low", &KEYS, Outcome::Recorded),
    truncation("TRUNCATE low", &[1], Outcome::Either),
    truncation("TRUNCATE ONLY low", &[1], Outcome::Either),
    truncation("TRUNCATE middle", &[11, 16], Outcome::Either),
    truncation("TRUNCATE middle_a", &[11], Outcome::Either),
    truncation("TRUNCATE later", &[21], Outcome::Either),
    truncation("TRUNCATE attached", &[31], Outcome::Either),
    truncation(
        "TRUNCATE low, middle_b, later",
        &[1, 16, 21],
        Outcome::Either,
    ),
];

const fn truncation(statement: &'static str, ends: &'static [i32], outcome: Outcome) -> Truncation {
    Truncation {
        statement,
        ends,
        outcome,
    }
}

#[test]
fn partitions_that_are_truncated() {
    let mut faults = Vec::new();
    for append_only in [false, true] {
        for truncation in &TRUNCATIONS {
            let database = audit_test_server::database();
            let conn = &mut database.connect();
            run(conn, PARTITIONED);
            let table = AuditedTable {
                policy: Policy {
                    append_only,
                    ..Policy::DEFAULT
                },
                ..describe(conn, public("item"))
            };
            begin(conn, &table).unwrap_or_else(|error| panic!("cannot audit it: {error}"));
            run(conn, LATER);
            let found = verify(conn, std::slice::from_ref(&table)).expect("it can be asked");
            let missing: Vec<&str> = found.findings.iter().map(|f| f.object.as_str()).collect();
            assert_eq!(missing, ["public.attached", "public.later"]);
            run(conn, &found.repair());
            let rows = KEYS.map(|key| format!("({key}, 'a')")).join(", ");
            run_as_alice(conn, &format!("INSERT INTO item VALUES {rows}"));
            if let Err(fault) = play(conn, &table, truncation) {
                faults.push(format!("{}: {fault}", truncation.statement));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

fn play(conn: &mut PgConnection, table: &AuditedTable, by: &Truncation) -> Result<(), String> {
    let done = truncate(conn, by.statement);
    let ends = if by.outcome.is_begun(done, "truncate") {
        by.ends
    } else {
        &[]
    };
    for key in KEYS {
        let there = count(conn, &format!("SELECT count(*) FROM item WHERE id = {key}"));
        if (there == 0) != ends.contains(&key) {
            return Err(format!("{there} rows of the key {key} are there"));
        }
        let expected = if ends.contains(&key) { "I, end" } else { "I" };
        let seen = of_key(conn, table, key);
        if seen != expected {
            return Err(format!(
                "the history of {key} is `{seen}` and not `{expected}`"
            ));
        }
    }
    // What comes after is a row of its own.
    let again: Vec<String> = ends.iter().map(|key| format!("({key}, 'b')")).collect();
    if !again.is_empty() {
        run_as_alice(
            conn,
            &format!("INSERT INTO item VALUES {}", again.join(", ")),
        );
    }
    for key in ends {
        let seen = of_key(conn, table, *key);
        if seen != "I, end, I" {
            return Err(format!("the history of {key} goes on to `{seen}`"));
        }
    }
    Ok(())
}

fn truncate(conn: &mut PgConnection, statement: &str) -> QueryResult<()> {
    conn.transaction(|conn| {
        conn.batch_execute(ALICE)?;
        conn.batch_execute(statement)
    })
}

/// What the history of a key is to a reader: its own rows, and those of a `T`, which
/// is the end of every row of the table.
fn of_key(conn: &mut PgConnection, table: &AuditedTable, key: i32) -> String {
    let query = format!(
        "SELECT CASE WHEN audit_operation IN ('D', 'T') THEN 'end' ELSE audit_operation END
         FROM {} WHERE id = {key} OR audit_operation = 'T' ORDER BY audit_id",
        table.audit
    );
    let rows: Vec<String> = texts(conn, &query).into_iter().flatten().collect();
    rows.join(", ")
}

#[test]
fn the_history_of_a_key_ends_with_its_table() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    run(
        conn,
        "CREATE TABLE parent (id integer PRIMARY KEY);
         CREATE TABLE item (id integer PRIMARY KEY, v text, parent integer REFERENCES parent)",
    );
    let table = describe(conn, public("item"));
    begin(conn, &table).unwrap_or_else(|error| panic!("cannot audit it: {error}"));
    for (statement, expected) in [
        ("INSERT INTO item VALUES (1, 'a')", "I"),
        ("TRUNCATE item", "I, end"),
        (
            "INSERT INTO item VALUES (1, 'b'); TRUNCATE item; INSERT INTO item VALUES (1, 'c')",
            "I, end, I, end, I",
        ),
        ("TRUNCATE parent CASCADE", "I, end, I, end, I, end"),
        (
            "SAVEPOINT s; TRUNCATE item; ROLLBACK TO s; INSERT INTO item VALUES (1, 'd')",
            "I, end, I, end, I, end, I",
        ),
        (
            "DELETE FROM item; TRUNCATE ONLY item",
            "I, end, I, end, I, end, I, end, end",
        ),
    ] {
        run_as_alice(conn, statement);
        assert_eq!(of_key(conn, &table, 1), expected, "{statement}");
    }
}

/// PostgreSQL empties all tables of a statement before it fires their triggers.
#[test]
fn a_trigger_that_fills_a_table_within_its_truncate() {
    for (name, on, statement, outcome, expected) in [
        (
            "zz",
            "item",
            "TRUNCATE item",
            Outcome::Recorded,
            "I, end, I",
        ),
        ("!first", "item", "TRUNCATE item", Outcome::Refused, "I"),
        ("zz", "other", "TRUNCATE other, item", Outcome::Refused, "I"),
        (
            "zz",
            "other",
            "TRUNCATE other; TRUNCATE item",
            Outcome::Recorded,
            "I, I, end",
        ),
    ] {
        let database = audit_test_server::database();
        let conn = &mut database.connect();
        run(
            conn,
            &format!(
                "CREATE TABLE other (id integer); CREATE TABLE item (id integer, v text);
                 CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
                     $$ BEGIN INSERT INTO item VALUES (1, 'filled'); RETURN NULL; END $$;
                 CREATE TRIGGER \"{name}\" AFTER TRUNCATE ON {on} EXECUTE FUNCTION fill()"
            ),
        );
        let table = describe(conn, public("item"));
        begin(conn, &table).unwrap_or_else(|error| panic!("cannot audit it: {error}"));
        run_as_alice(conn, "INSERT INTO item VALUES (1, 'a')");
        let done = truncate(conn, statement);
        outcome.is_begun(done, "truncate");
        assert_eq!(of_key(conn, &table, 1), expected, "{statement} with {name}");
    }
}

#[test]
fn partitions_of_an_audit_that_has_ended() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    run(conn, PARTITIONED);
    let table = describe(conn, public("item"));
    begin(conn, &table).unwrap_or_else(|error| panic!("cannot audit it: {error}"));
    apply(conn, Step::Uninstall(table)).expect("it can end");
    run(conn, "TRUNCATE low; TRUNCATE item");
    let triggers = "SELECT tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname NOT LIKE '%ordinary%'";
    assert_eq!(texts(conn, triggers), []);
}
