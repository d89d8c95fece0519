//! Types that source and history have differently, and columns that came later.

use diesel_audit_model::{QualifiedName, Recording};
use diesel_audit_sql::{Declared, Installed, Options, difference};

use super::{check, past};
use crate::support::{apply, audit, describe, install, public, run, run_as_alice};
use crate::zoo::Need;

#[test]
fn types_without_their_length() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE DOMAIN code AS varchar(5) NOT NULL; CREATE DOMAIN inner_code AS code;
         CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE place AS (x integer, label text);
         CREATE COLLATION bytes FROM \"C\";
         CREATE TABLE t (id inner_code, n char(3), PRIMARY KEY (id, n),
             a numeric(6,2), b timestamp(0), c bit(3), d mood, e place, f json, g xml, h text[], i code[],
             j double precision, k text COLLATE bytes, l int4range, m bytea, o interval, p jsonb, q point)",
    );
    let table = audit(&mut conn, "t");
    let xml = match Need::Xml.missing(&mut conn) {
        Some(missing) => {
            eprintln!("skipped a value of the type xml: {missing}");
            "NULL"
        }
        None => "'<a/>'",
    };
    run_as_alice(
        &mut conn,
        &format!(
            "INSERT INTO t VALUES ('a', 'x', 1.5, now(), '101', 'ok', (NULL, NULL), '{{\"a\":  1}}', {xml}, '{{a,NULL}}', '{{b}}',
                 0.1::float8 + 0.2, 'ä', '[1,2]', '\\x00', '30 days', '1.00', '(1,2)'); INSERT INTO t VALUES ('b', 'y'), ('A', 'y')"
        ),
    );
    check(&mut conn, &table, &[]);
    past(
        &mut conn,
        "UPDATE t SET e = (1, NULL), p = '1.0', j = 0.3 WHERE id = 'a'",
    );
    check(&mut conn, &table, &["{a,x}: differs in e, j, p"]);
}

/// The source's order is not the order of the history.
#[test]
fn a_key_with_a_collation_of_its_own() {
    for (key, ddl) in [
        ("text COLLATE \"C\"", ""),
        (
            "text COLLATE ignoring_case",
            "CREATE COLLATION ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        ),
    ] {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        if !ddl.is_empty()
            && let Some(missing) = Need::Icu.missing(&mut conn)
        {
            eprintln!("skipped {key}: {missing}");
            continue;
        }
        run(
            &mut conn,
            &format!("{ddl}; CREATE TABLE t (id {key} PRIMARY KEY, v text)"),
        );
        let table = audit(&mut conn, "t");
        run_as_alice(
            &mut conn,
            "INSERT INTO t VALUES ('b'), ('A'), ('c'), ('é'), ('Z'); UPDATE t SET id = 'B' WHERE id = 'b'; UPDATE t SET v = 'x'",
        );
        check(&mut conn, &table, &[]);
        past(&mut conn, "UPDATE t SET v = 'y' WHERE id = 'B'");
        check(&mut conn, &table, &["B: differs in v"]);
    }
}

/// A column that came later is NULL in older audit rows, which is no
/// difference; a NULL of the column's own time is one.
#[test]
fn columns_that_came_later() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer PRIMARY KEY, v text, hidden text)",
    );
    let mut before = describe(&mut conn, public("t"));
    before.columns[2].recording = Recording::Excluded;
    install(&mut conn, &before);
    run_as_alice(
        &mut conn,
        "INSERT INTO t VALUES (1, NULL, 'h'), (2, NULL, 'h'), (3, 'a', 'h'), (4, 'a', NULL)",
    );
    run(
        &mut conn,
        "ALTER TABLE t ADD filled text DEFAULT 'x', ADD required integer NOT NULL DEFAULT 7",
    );
    let after = describe(&mut conn, QualifiedName::new("public", "t"));
    let steps = difference(
        &[Installed::from(before)],
        &[Declared::from(after.clone())],
        &Options::default(),
    );
    for step in steps.expect("a change") {
        apply(&mut conn, step).expect("changed");
    }
    check(&mut conn, &after, &[]);
    // From now on the columns have values, and a NULL is one.
    run_as_alice(
        &mut conn,
        "UPDATE t SET v = 'b' WHERE id = 3; UPDATE t SET filled = NULL, hidden = NULL WHERE id = 4",
    );
    check(&mut conn, &after, &[]);
    past(
        &mut conn,
        "UPDATE t SET filled = 'y', hidden = 'z', required = 8 WHERE id IN (2, 4)",
    );
    check(
        &mut conn,
        &after,
        &["4: differs in hidden, filled, required"],
    );
    past(&mut conn, "UPDATE t SET v = 'c' WHERE id IN (1, 3)");
    check(
        &mut conn,
        &after,
        &[
            "1: differs in v",
            "3: differs in v",
            "4: differs in hidden, filled, required",
        ],
    );
}
