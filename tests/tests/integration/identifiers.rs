//! Names that a quoting mistake, a cut at 63 bytes, or a variable of the
//! trigger function would trip over.

use std::cell::RefCell;

use diesel::prelude::*;
use diesel_audit_model::names::cut;
use diesel_audit_model::quote::{self, identifier};
use diesel_audit_model::{AuditedTable, QualifiedName};
use diesel_audit_tests::names::{any_name, floor, hostile, key_words};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{audit, describe, install, run, run_as_alice, texts};
use crate::zoo::compare::{history, recorded};

#[test]
fn hostile_names_as_everything() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let mut faults = Vec::new();
    for name in hostile() {
        if let Err(fault) = named(&mut conn, &name) {
            faults.push(format!("{name:?}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What the library leaves without quotes is no key word of this server.
#[test]
fn what_is_not_quoted_needs_no_quotes() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let quoted =
        "SELECT word FROM pg_get_keywords() WHERE catcode <> 'U' AND quote_ident(word) <> word";
    for word in texts(&mut conn, quoted).into_iter().flatten() {
        assert!(quote::KEY_WORDS.contains(&&*word), "{word}");
    }
    for word in quote::OF_PLPGSQL {
        assert_ne!(identifier(word), *word);
    }
}

#[test]
fn every_key_word_as_table_and_key() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let words = key_words(&mut conn);
    assert!(words.len() > 400, "{}", words.len());
    let mut faults = Vec::new();
    for word in words {
        run(
            &mut conn,
            &format!(
                "CREATE TABLE {0} ({0} integer PRIMARY KEY)",
                identifier(&word)
            ),
        );
        let table = audit(&mut conn, &word);
        let name = &table.source;
        let write = format!(
            "INSERT INTO {name} VALUES (1); UPDATE {name} SET {0} = 2; DELETE FROM {name}",
            identifier(&word)
        );
        if let Err(fault) = history_of(&mut conn, &table, &write, "I 1, D 1, U 2, D 2") {
            faults.push(format!("{word}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_key_word_as_column() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let columns: Vec<String> = key_words(&mut conn)
        .iter()
        .map(|word| identifier(word))
        .collect();
    run(
        &mut conn,
        &format!(
            "CREATE TABLE words ({} integer, PRIMARY KEY (\"select\", \"from\"))",
            columns.join(" integer, ")
        ),
    );
    let table = audit(&mut conn, "words");
    let numbers: Vec<String> = (0..columns.len()).map(|n| n.to_string()).collect();
    for (statement, letters) in [
        (
            format!("INSERT INTO words VALUES ({})", numbers.join(", ")),
            "I",
        ),
        (
            "UPDATE words SET \"order\" = -1, \"new\" = \"old\"".to_owned(),
            "U",
        ),
        ("UPDATE words SET \"from\" = -2".to_owned(), "DU"),
        ("DELETE FROM words".to_owned(), "D"),
    ] {
        recorded(&mut conn, &table, &statement, letters).expect("recorded");
    }
}

#[test]
fn random_names_as_table_and_column() {
    let database = audit_test_server::database();
    let conn = RefCell::new(database.connect());
    let mut runner = TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let names = (any_name(), any_name(), any_name())
        .prop_filter("two columns of one name", |(_, key, column)| key != column);
    runner
        .run(&names, |(table, key, column)| {
            let conn = &mut *conn.borrow_mut();
            let source = identifier(&table);
            let (key, column) = (identifier(&key), identifier(&column));
            run(
                conn,
                &format!("CREATE TABLE {source} ({key} integer PRIMARY KEY, {column} text)"),
            );
            let audited = audit(conn, &table);
            let write = format!(
                "INSERT INTO {source} VALUES (1, 'a'); UPDATE {source} SET {column} = 'b'; \
                 UPDATE {source} SET {key} = 2; DELETE FROM {source}"
            );
            let outcome = history_of(conn, &audited, &write, "I 1 a, U 1 b, D 1 b, U 2 b, D 2 b");
            run(
                conn,
                &format!(
                    "DROP TABLE {source}; DROP TABLE {}; DROP FUNCTION {}",
                    audited.audit,
                    audited.function_of(diesel_audit_model::RowOperation::Insert)
                ),
            );
            prop_assert_eq!(outcome, Ok(()));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

/// Tables of two long names that begin alike, as PostgreSQL would cut the names
/// of what belongs to them, have each its own history.
#[test]
fn long_names_that_begin_alike_do_not_meet() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let mut tables = Vec::new();
    for (letter, end) in [("x", "1"), ("x", "2"), ("é", "1"), ("é", "2")] {
        let name = letter.repeat(62 / letter.len()) + end;
        let source = identifier(&name);
        run(
            &mut conn,
            &format!("CREATE TABLE {source} (id integer PRIMARY KEY, {source} text)"),
        );
        tables.push(audit(&mut conn, &name));
    }
    for table in &tables {
        let name = &table.source;
        let write = format!("INSERT INTO {name} VALUES (1, 'a'); TRUNCATE {name}");
        history_of(&mut conn, table, &write, "I 1 a, T").expect("its own history");
    }
}

/// Uses `name` for the schema, the table, its key, the audit table, its
/// function and its trigger, and a name made of it for what has to differ.
fn named(conn: &mut PgConnection, name: &str) -> Result<(), String> {
    let other = cut(&format!("{name}/{name}")).into_owned();
    let source = QualifiedName::new(name.to_owned(), name.to_owned());
    let (key, column) = (
        identifier(name),
        identifier(&format!("{}~", &other[..floor(&other, 62)])),
    );
    run(
        conn,
        &format!(
            "CREATE SCHEMA {key}; CREATE TABLE {source} ({key} text, id integer, {column} text, PRIMARY KEY (id, {key}))"
        ),
    );
    let table = AuditedTable {
        audit: QualifiedName::new(other, name.to_owned()),
        function: name.to_owned().into(),
        trigger: name.to_owned().into(),
        ..describe(conn, source.clone())
    };
    install(conn, &table);
    for (statement, letters) in [
        (
            format!("INSERT INTO {source} VALUES ('a', 1, 'x'), ('b', 2, NULL)"),
            "II",
        ),
        (format!("UPDATE {source} SET {column} = {key}"), "UU"),
        (
            format!("UPDATE {source} SET {key} = 'c' WHERE id = 1"),
            "DU",
        ),
        (format!("DELETE FROM {source}"), "DD"),
        (format!("TRUNCATE {source}"), "T"),
    ] {
        recorded(conn, &table, &statement, letters)
            .map_err(|fault| format!("{fault:?}, by: {statement}"))?;
    }
    Ok(())
}

/// Writes as Alice in one transaction, and compares the history: the letter of
/// each row and its values that are not NULL.
fn history_of(
    conn: &mut PgConnection,
    table: &AuditedTable,
    write: &str,
    expected: &str,
) -> Result<(), String> {
    run_as_alice(conn, write);
    let found = history(conn, table);
    if found == expected {
        Ok(())
    } else {
        Err(format!("the history is {found}"))
    }
}
