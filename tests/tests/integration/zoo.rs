//! The zoo: tables of every type and shape, each written to in every way, and
//! each audit row compared with the row it records.

mod compound;
mod custom;
mod domains;
pub(crate) mod need;
mod newer;
mod partitions;
mod shapes;
mod types;

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, QualifiedName, Recording};
pub(crate) use diesel_audit_tests::compare;
pub(crate) use need::Need;

use crate::support::{describe, install, operations, run, start};

#[test]
fn types_of_one_value() {
    visit(types::cases());
}

#[test]
fn types_of_several_values() {
    visit(compound::cases());
}

#[test]
fn types_that_somebody_made() {
    visit(custom::cases());
}

#[test]
fn domains() {
    visit(domains::cases());
}

#[test]
fn shapes_of_tables() {
    visit(shapes::cases());
}

#[test]
fn partitioned_tables() {
    visit(partitions::cases());
}

/// Values of all types are compared, put together again, and digested.
#[test]
fn columns_that_are_not_recorded_by_value() {
    for cases in [
        types::cases,
        compound::cases,
        custom::cases,
        domains::cases,
        partitions::cases,
    ] {
        for recording in Recording::WORDS {
            let cases = cases().into_iter();
            visit(cases.map(|case| Case { recording, ..case }).collect());
        }
    }
}

#[test]
fn what_newer_versions_have() {
    visit(newer::cases());
}

/// A table, and what happens to it.
struct Case {
    /// The table's name, which also names the case in a failure.
    name: String,
    schema: &'static str,
    /// What a server may be without.
    needs: Option<Need>,
    /// Creates the table, and first what it needs.
    ddl: String,
    /// Runs after the audit was installed, and is not recorded.
    after_install: Option<&'static str>,
    excluded: &'static [&'static str],
    /// What is recorded of the other columns, but for the key's.
    recording: Recording,
    /// The values of the only other column beside the key.
    values: Option<Values>,
    /// Statements, each with the letters of the audit rows it must leave.
    script: Vec<(String, String)>,
}

/// Values of a type, as SQL, NULL among them.
#[derive(Clone)]
pub(crate) struct Values {
    pub(crate) sql_type: String,
    pub(crate) values: Vec<String>,
}

/// Of every type that PostgreSQL brings along.
pub(crate) fn values() -> Vec<Values> {
    let cases = types::cases().into_iter().chain(compound::cases());
    cases
        .filter(|case| case.needs.is_none())
        .filter_map(|case| case.values)
        .collect()
}

/// A case of a table of the schema `public`.
fn case(name: &str, ddl: impl Into<String>, script: &[(&str, &str)]) -> Case {
    Case {
        name: name.to_owned(),
        schema: "public",
        needs: None,
        ddl: ddl.into(),
        after_install: None,
        excluded: &[],
        recording: Recording::Value,
        values: None,
        script: script
            .iter()
            .map(|&(statement, letters)| (statement.into(), letters.into()))
            .collect(),
    }
}

/// A case of one type, which is its name, too; see [`typed`].
fn of(sql_type: &str, values: &[&str], new: &str) -> Case {
    typed(sql_type, sql_type, values, new)
}

/// A case of a type that is made before its table.
fn with(setup: &str, case: Case) -> Case {
    Case {
        ddl: format!("{setup}; {}", case.ddl),
        // Where the type is not made, there are none of it.
        values: None,
        ..case
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
    let mut script = Vec::new();
    let mut step =
        |statement: String, letters: &str, times| script.push((statement, letters.repeat(times)));
    for (value, id) in values.iter().zip(1..) {
        step(
            format!("INSERT INTO {table} VALUES ({id}, {value})"),
            "I",
            1,
        );
    }
    step(format!("UPDATE {table} SET v = v"), "U", rows);
    step(format!("UPDATE {table} SET id = id + 100"), "DU", rows);
    step(format!("UPDATE {table} SET v = {new}"), "U", rows);
    step(
        format!("UPDATE {table} SET id = -id, v = v WHERE id = 101"),
        "DU",
        1,
    );
    step(format!("DELETE FROM {table}"), "D", rows);
    Case {
        script,
        values: Some(Values {
            sql_type: sql_type.to_owned(),
            values: values.iter().map(ToString::to_string).collect(),
        }),
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
        if let Some(missing) = case.needs.and_then(|need| need.missing(&mut conn)) {
            eprintln!("skipped {}: {missing}", case.name);
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
    let key = &table.primary_key;
    for column in &mut table.columns {
        if !key.is_empty() && !key.contains(&column.name) {
            column.recording = case.recording;
        }
        if case.excluded.contains(&&*column.name) {
            column.recording = Recording::Excluded;
        }
    }
    table
}
