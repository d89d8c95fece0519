//! The zoo: tables of every type and shape, each written to in every way, and
//! each audit row compared with the row it records.

pub(crate) mod compare;
mod custom;
mod shapes;
mod types;

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, QualifiedName};

use crate::support::{count, describe, install, operations, run, start};

#[test]
fn built_in_types() {
    visit(types::cases());
}

#[test]
fn custom_types() {
    visit(custom::cases());
}

#[test]
fn shapes_of_tables() {
    visit(shapes::cases());
}

#[test]
fn the_zoo_has_sixty_tables_and_no_two_of_one_name() {
    let mut names: Vec<String> = [types::cases(), custom::cases(), shapes::cases()]
        .into_iter()
        .flatten()
        .map(|case| case.name)
        .collect();
    names.sort_unstable();
    names.dedup();
    let all = types::cases().len() + custom::cases().len() + shapes::cases().len();
    assert_eq!(names.len(), all);
    assert!(all >= 60, "{all}");
}

/// A table, and what happens to it.
struct Case {
    /// The table's name, which also names the case in a failure.
    name: String,
    schema: &'static str,
    /// An extension that it needs, which a server may be without.
    extension: Option<&'static str>,
    /// Creates the table, and first what it needs.
    ddl: String,
    /// Runs after the audit was installed, and is not recorded.
    after_install: Option<&'static str>,
    excluded: &'static [&'static str],
    /// Statements, each with the letters of the audit rows it must leave.
    script: Vec<(String, String)>,
}

/// A case of a table of the schema `public`.
fn case(name: &str, ddl: impl Into<String>, script: &[(&str, &str)]) -> Case {
    Case {
        name: name.to_owned(),
        schema: "public",
        extension: None,
        ddl: ddl.into(),
        after_install: None,
        excluded: &[],
        script: script
            .iter()
            .map(|&(statement, letters)| (statement.into(), letters.into()))
            .collect(),
    }
}

/// A case of a table with a number as its key and one column of a type: rows
/// with these values and one with NULL are inserted, all of them set to `new`
/// and to themselves, keys changed, and rows deleted.
fn typed(name: &str, sql_type: &str, values: &[&str], new: &str) -> Case {
    typed_not_null(name, sql_type, &[values, &["NULL"]].concat(), new)
}

/// As [`typed`], without the NULL.
fn typed_not_null(name: &str, sql_type: &str, values: &[&str], new: &str) -> Case {
    let table = format!("\"{name}\"");
    let rows = values.len();
    let mut script: Vec<(String, String)> = values
        .iter()
        .zip(1..)
        .map(|(value, id)| {
            (
                format!("INSERT INTO {table} VALUES ({id}, {value})"),
                "I".to_owned(),
            )
        })
        .collect();
    script.extend([
        (format!("UPDATE {table} SET v = v"), "U".repeat(rows)),
        (
            format!("UPDATE {table} SET id = id + 100"),
            "DU".repeat(rows),
        ),
        (format!("UPDATE {table} SET v = {new}"), "U".repeat(rows)),
        (
            format!("UPDATE {table} SET id = -id, v = v WHERE id = 101"),
            "DU".to_owned(),
        ),
        (format!("DELETE FROM {table}"), "D".repeat(rows)),
    ]);
    Case {
        script,
        ..case(
            name,
            format!("CREATE TABLE {table} (id integer PRIMARY KEY, v {sql_type})"),
            &[],
        )
    }
}

/// Goes through all cases in one database and reports all faults at once,
/// each by the name of its case.
fn visit(cases: Vec<Case>) {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let mut faults = String::new();
    for case in cases {
        if let Some(extension) = case.extension
            && !has_extension(&mut conn, extension)
        {
            eprintln!(
                "skipped {}: the server has no extension {extension}",
                case.name
            );
            continue;
        }
        // A helper panics where the case cannot even begin; the others go on.
        let seen =
            catch_unwind(AssertUnwindSafe(|| play(&mut conn, &case))).unwrap_or_else(|panic| {
                conn = database.connect();
                Err(panic.downcast_ref::<String>().cloned().unwrap_or_default())
            });
        if let Err(fault) = seen {
            // Writing to a String cannot fail.
            let _ = writeln!(faults, "{}: {fault}", case.name);
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

fn has_extension(conn: &mut PgConnection, name: &str) -> bool {
    let available = count(
        conn,
        &format!("SELECT count(*) FROM pg_available_extensions WHERE name = '{name}'"),
    ) == 1;
    if available {
        run(conn, &format!("CREATE EXTENSION IF NOT EXISTS {name}"));
    }
    available
}

fn play(conn: &mut PgConnection, case: &Case) -> Result<(), String> {
    run(conn, &case.ddl);
    let table = audited(conn, case);
    install(conn, &table);
    if let Some(change) = case.after_install {
        run(conn, change);
    }
    let mut expected = String::new();
    for (statement, letters) in &case.script {
        compare::recorded(conn, &table, statement, letters)
            .map_err(|fault| format!("{fault:?}, by: {}", start(statement)))?;
        expected.push_str(letters);
    }
    let all = operations(conn, &table);
    if all == expected {
        Ok(())
    } else {
        Err(format!("the history is {all} and not {expected}"))
    }
}

fn audited(conn: &mut PgConnection, case: &Case) -> AuditedTable {
    let mut table = describe(conn, QualifiedName::new(case.schema, case.name.clone()));
    for column in &mut table.columns {
        column.excluded = case.excluded.contains(&&*column.name);
    }
    table
}
