//! What a database holds, as a text to compare.
// A test's output tells which program has dumped.
#![allow(clippy::print_stderr)]

use std::env;
use std::path::PathBuf;
use std::process::Command;

use audit_test_server::Database;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// What the catalog says, and before it what `pg_dump -s` does, where the
/// program is at hand in the server's version or a newer one. The test's output
/// tells whether it is.
///
/// # Panics
/// When the database or the program does not answer.
pub fn dump(database: &Database) -> String {
    let server = sql::<BigInt>("SELECT current_setting('server_version_num')::bigint / 10000")
        .get_result(&mut database.connect())
        .unwrap_or_else(|error| panic!("the server does not say its version: {error}"));
    let by_program = match programs().find(|program| major_version(program) >= Some(server)) {
        Some(program) => {
            eprintln!("dumped by {} and from the catalog", program.display());
            by_program(&program, database)
        }
        None => {
            eprintln!("dumped from the catalog only: there is no pg_dump for PostgreSQL {server}");
            String::new()
        }
    };
    by_program + &from_catalog(database)
}

/// Compares two dumps.
///
/// # Panics
/// When they differ, with the lines that only one of them has.
pub fn assert_same(before: &str, after: &str, when: &str) {
    let only = |one: &str, other: &str| -> Vec<String> {
        let lines = one
            .lines()
            .filter(|line| !other.lines().any(|o| o == *line));
        lines.map(str::to_owned).collect()
    };
    assert!(
        before == after,
        "{when}, the database differs\nbefore only: {:#?}\nafter only: {:#?}",
        only(before, after),
        only(after, before)
    );
}

fn programs() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = env::split_paths(&path).collect();
    let packages = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"));
    env::var_os("PG_BIN")
        .map(PathBuf::from)
        .into_iter()
        .chain(on_path)
        .chain(packages)
        .map(|folder| folder.join("pg_dump"))
        .filter(|program| program.is_file())
}

/// The program says for instance `pg_dump (PostgreSQL) 17.5 (Debian 17.5-1)`.
/// It says nothing where it is a wrapper that finds no server of its own.
fn major_version(program: &PathBuf) -> Option<i64> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let version = said.split_whitespace().nth(2)?;
    version
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

fn by_program(program: &PathBuf, database: &Database) -> String {
    let output = Command::new(program)
        .args(["--schema-only", "--dbname", database.url()])
        .output()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", program.display());
    let text = String::from_utf8(output.stdout).expect("a dump in UTF-8");
    // Newer ones wrap the dump in `\restrict` and `\unrestrict` with a random key.
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict "));
    lines.collect::<Vec<_>>().join("\n")
}

fn from_catalog(database: &Database) -> String {
    let mut conn = database.connect();
    let ours = "nspname !~ '^pg_' AND nspname <> 'information_schema'";
    let queries = [
        format!("SELECT format('schema %I %s', nspname, nspacl) FROM pg_namespace WHERE {ours} ORDER BY 1"),
        format!(
            "SELECT format('relation %s %s %s %s', c.oid::regclass, relkind, relpersistence, relacl)
             FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE {ours} ORDER BY 1"
        ),
        format!(
            "SELECT format('column %s %I %s %s %s %s', attrelid::regclass, attname,
                 format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid))
             FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
             JOIN pg_namespace n ON n.oid = relnamespace
             LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
             WHERE {ours} AND attnum > 0 AND NOT attisdropped ORDER BY attrelid::regclass::text, attnum"
        ),
        format!(
            "SELECT format('constraint %s %s', conrelid::regclass, pg_get_constraintdef(c.oid))
             FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace WHERE {ours} ORDER BY 1"
        ),
        format!(
            "SELECT 'index ' || pg_get_indexdef(c.oid)
             FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
             WHERE {ours} AND relkind IN ('i', 'I') ORDER BY 1"
        ),
        format!(
            "SELECT format('%s %s', pg_get_functiondef(p.oid), proacl)
             FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
             WHERE {ours} AND prokind IN ('f', 'p') ORDER BY 1"
        ),
        "SELECT format('%s %s', pg_get_triggerdef(oid), tgenabled)
         FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
            .to_owned(),
    ];
    let lines = queries.iter().flat_map(|query| {
        sql::<Text>(query)
            .load::<String>(&mut conn)
            .unwrap_or_else(|error| panic!("{error}, by: {query}"))
    });
    lines.collect::<Vec<_>>().join("\n")
}
