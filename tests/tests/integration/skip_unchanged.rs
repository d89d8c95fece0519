//! `skip_unchanged`: what differs by a byte is recorded, whatever `=` of its
//! type says, and what does not differ leaves no row.

use std::fmt::Write;

use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, Policy, Recording};

use crate::support::{
    ALICE, attempt, count, describe, install, operations, public, run, run_as_alice,
};
use crate::zoo::need::Need;

/// A type, and two values of it that are not the same.
struct Pair {
    name: &'static str,
    needs: Option<Need>,
    setup: &'static str,
    sql_type: &'static str,
    before: &'static str,
    after: &'static str,
}

const fn pair(
    name: &'static str,
    sql_type: &'static str,
    before: &'static str,
    after: &'static str,
) -> Pair {
    Pair {
        name,
        needs: None,
        setup: "",
        sql_type,
        before,
        after,
    }
}

const PAIRS: &[Pair] = &[
    Pair {
        needs: Some(Need::Extension("citext")),
        ..pair("citext_case", "citext", "'Ben'", "'ben'")
    },
    pair("numeric_scale", "numeric", "1.0", "1.00"),
    pair("negative_zero", "double precision", "'0.0'", "'-0.0'"),
    pair("interval_units", "interval", "'1 mon'", "'30 days'"),
    pair("jsonb_scale", "jsonb", "'1.0'", "'1.00'"),
    pair("json_whitespace", "json", "'{\"a\":1}'", "'{\"a\": 1}'"),
    Pair {
        needs: Some(Need::Xml),
        ..pair("xml", "xml", "'<a/>'", "'<b/>'")
    },
    pair("point", "point", "'(1,2)'", "'(1,3)'"),
    pair("box_of_equal_area", "box", "'(2,2),(0,0)'", "'(4,1),(0,0)'"),
    pair(
        "circle_of_equal_area",
        "circle",
        "'<(0,0),1>'",
        "'<(5,5),1>'",
    ),
    Pair {
        needs: Some(Need::Icu),
        setup: "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        ..pair(
            "nondeterministic_collation",
            "text COLLATE any_case",
            "'Ben'",
            "'ben'",
        )
    },
    pair("blank_at_the_end", "varchar", "'a'", "'a '"),
    pair("array", "numeric[]", "'{1.0}'", "'{1.00}'"),
    pair("array_bounds", "integer[]", "'{1}'", "'[0:0]={1}'"),
    Pair {
        setup: "CREATE TYPE amount AS (value numeric, unit text)",
        ..pair("composite", "amount", "'(1.0,EUR)'", "'(1.00,EUR)'")
    },
    pair("range", "numrange", "'[1.0,2)'", "'[1.00,2)'"),
    Pair {
        setup: "CREATE DOMAIN price AS numeric",
        ..pair("domain", "price", "1.0", "1.00")
    },
    pair("from_null", "text", "NULL", "''"),
    pair("to_null", "text", "''", "NULL"),
    pair("text", "text", "'a'", "'b'"),
];

#[test]
fn what_differs_is_recorded() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let mut faults = String::new();
    for pair in PAIRS {
        if let Some(missing) = pair.needs.and_then(|need| need.missing(&mut conn)) {
            eprintln!("skipped {}: {missing}", pair.name);
            continue;
        }
        for excludes in [false, true] {
            if let Err(fault) = play(&mut conn, pair, excludes) {
                // Writing to a String cannot fail.
                let _ = writeln!(faults, "{}, excludes {excludes}: {fault}", pair.name);
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// A change by a new value, one by the value that is there, and one that
/// writes that value anew.
fn play(conn: &mut PgConnection, pair: &Pair, excludes: bool) -> Result<(), String> {
    let Pair {
        name,
        setup,
        sql_type,
        before,
        after,
        ..
    } = pair;
    run(
        conn,
        &format!(
            "DROP SCHEMA IF EXISTS audit CASCADE; DROP TABLE IF EXISTS item; {}; \
             CREATE TABLE item (id integer PRIMARY KEY, v {sql_type}, hits integer DEFAULT 0)",
            if excludes { "" } else { setup }
        ),
    );
    let table = skipping(conn, excludes);
    run_as_alice(conn, &format!("INSERT INTO item VALUES (1, {before})"));
    for (statement, letters) in [
        ("UPDATE item SET v = v".to_owned(), "I"),
        (format!("UPDATE item SET v = {before}"), "I"),
        (format!("UPDATE item SET v = {after}"), "IU"),
        (format!("UPDATE item SET v = {after}, id = id"), "IU"),
        (format!("UPDATE item SET v = {before}"), "IUU"),
    ] {
        attempt(conn, ALICE, &statement).map_err(|refused| format!("{statement}: {refused:?}"))?;
        let seen = operations(conn, &table);
        if seen != letters {
            return Err(format!(
                "{name}: {seen} and not {letters} after {statement}"
            ));
        }
    }
    Ok(())
}

/// The audit of `item` that leaves unchanged rows out, with its column `hits` or
/// without.
fn skipping(conn: &mut PgConnection, excludes_hits: bool) -> AuditedTable {
    let mut table = AuditedTable {
        policy: Policy {
            skip_unchanged: true,
            ..Policy::DEFAULT
        },
        ..describe(conn, public("item"))
    };
    for column in &mut table.columns {
        if excludes_hits && column.name == "hits" {
            column.recording = Recording::Excluded;
        }
    }
    install(conn, &table);
    table
}

/// A table `item` of these columns, its audit, and statements of Alice's with the
/// letters of the history after each.
fn check(ddl: &str, excludes_hits: bool, script: &[(&str, &str)]) {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(&mut conn, ddl);
    let table = skipping(&mut conn, excludes_hits);
    for (statement, letters) in script {
        run_as_alice(&mut conn, statement);
        assert_eq!(operations(&mut conn, &table), *letters, "{statement}");
    }
}

#[test]
fn a_change_of_what_is_excluded_is_no_change() {
    check(
        "CREATE TABLE item (id integer PRIMARY KEY, v text, hits integer)",
        true,
        &[
            ("INSERT INTO item VALUES (1, 'a', 0), (2, 'b', 0)", "II"),
            ("UPDATE item SET hits = hits + 1", "II"),
            ("UPDATE item SET hits = hits + 1, v = 'a'", "IIU"),
            ("UPDATE item SET id = id + 10 WHERE id = 1", "IIUDU"),
            ("DELETE FROM item WHERE id = 2", "IIUDUD"),
            ("TRUNCATE item", "IIUDUDT"),
        ],
    );
}

/// The row as a whole is compared, which fails towards recording.
#[test]
fn a_column_that_is_not_known_yet_counts() {
    check(
        "CREATE TABLE item (id integer PRIMARY KEY, v text)",
        false,
        &[
            ("INSERT INTO item VALUES (1, 'a')", "I"),
            ("ALTER TABLE item ADD COLUMN w text DEFAULT 'w'", "I"),
            ("UPDATE item SET w = 'w'", "I"),
            ("UPDATE item SET w = 'x'", "IU"),
            ("ALTER TABLE item DROP COLUMN w", "IU"),
            ("UPDATE item SET v = 'a'", "IU"),
        ],
    );
}

/// They are stored elsewhere, compressed and plain.
#[test]
fn long_values() {
    check(
        "CREATE TABLE item (id integer PRIMARY KEY, v text, w text);
         ALTER TABLE item ALTER COLUMN w SET STORAGE EXTERNAL",
        false,
        &[
            (
                "INSERT INTO item SELECT 1, repeat('a', 100000), string_agg(md5(n::text), '') FROM generate_series(1, 3000) AS n",
                "I",
            ),
            ("UPDATE item SET id = id", "I"),
            ("UPDATE item SET v = repeat('a', 100000)", "I"),
            ("UPDATE item SET w = w || ''", "I"),
            ("UPDATE item SET v = repeat('a', 99999) || 'b'", "IU"),
            (
                "UPDATE item SET w = overlay(w PLACING '!' FROM 90000)",
                "IUU",
            ),
        ],
    );
}

#[test]
fn values_that_the_table_computes() {
    check(
        "CREATE TABLE item (id integer PRIMARY KEY, v text, twice text GENERATED ALWAYS AS (v || v) STORED)",
        false,
        &[
            ("INSERT INTO item VALUES (1, 'a')", "I"),
            ("UPDATE item SET v = 'a', twice = DEFAULT", "I"),
            ("UPDATE item SET v = 'b'", "IU"),
        ],
    );
}

#[test]
fn padding_is_no_part_of_the_value() {
    check(
        "CREATE TABLE item (id integer PRIMARY KEY, v char(3))",
        false,
        &[
            ("INSERT INTO item VALUES (1, 'a')", "I"),
            ("UPDATE item SET v = 'a '", "I"),
            ("UPDATE item SET v = 'A'", "IU"),
        ],
    );
}

/// What counts is the row as it was stored.
#[test]
fn a_trigger_that_changes_the_row() {
    check(
        "CREATE TABLE item (id integer PRIMARY KEY, v text);
         CREATE FUNCTION adjust() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             NEW.v := CASE NEW.v WHEN 'keep' THEN OLD.v WHEN 'same' THEN 'other' ELSE NEW.v END;
             RETURN NEW; END $$;
         CREATE TRIGGER adjust BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION adjust()",
        false,
        &[
            ("INSERT INTO item VALUES (1, 'same')", "I"),
            ("UPDATE item SET v = 'keep'", "I"),
            ("UPDATE item SET v = v", "IU"),
            ("UPDATE item SET v = v", "IU"),
        ],
    );
}

#[test]
fn rows_of_partitions() {
    check(
        "CREATE TABLE item (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF item FOR VALUES FROM (0) TO (10);
         CREATE TABLE high (v text, gone int, id integer NOT NULL);
         ALTER TABLE high DROP COLUMN gone;
         ALTER TABLE item ATTACH PARTITION high FOR VALUES FROM (10) TO (20)",
        false,
        &[
            ("INSERT INTO item VALUES (1, 'a'), (11, 'b')", "II"),
            ("UPDATE item SET v = v", "II"),
            ("UPDATE item SET v = v || 'x'", "IIUU"),
            // To PostgreSQL a row that moves is deleted and inserted.
            ("UPDATE item SET id = 12 WHERE id = 1", "IIUUDI"),
        ],
    );
}

/// What is not recorded needs no context, and a context that is not to be had
/// refuses nothing.
#[test]
fn no_context_is_needed_for_what_is_not_recorded() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE item (id integer PRIMARY KEY, v text, hits integer)",
    );
    let table = skipping(&mut conn, true);
    run_as_alice(&mut conn, "INSERT INTO item VALUES (1, 'a', 0)");
    attempt(&mut conn, "", "UPDATE item SET v = 'a', hits = 1").unwrap();
    attempt(&mut conn, "", "UPDATE item SET v = 'b'").unwrap_err();
    assert_eq!(operations(&mut conn, &table), "I");
    let hits = count(&mut conn, "SELECT hits::bigint FROM item");
    assert_eq!(hits, 1);
}

#[test]
fn upserts_and_foreign_keys() {
    check(
        "CREATE TABLE owner (id integer PRIMARY KEY);
         INSERT INTO owner VALUES (1), (2);
         CREATE TABLE item (id integer PRIMARY KEY, v integer REFERENCES owner ON UPDATE CASCADE ON DELETE SET NULL)",
        false,
        &[
            ("INSERT INTO item VALUES (1, 1)", "I"),
            (
                "INSERT INTO item VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v",
                "I",
            ),
            (
                "INSERT INTO item VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET v = excluded.v",
                "IU",
            ),
            ("UPDATE owner SET id = 2 WHERE id = 2", "IU"),
            ("UPDATE owner SET id = 3 WHERE id = 2", "IUU"),
            ("DELETE FROM owner WHERE id = 3", "IUUU"),
        ],
    );
}
