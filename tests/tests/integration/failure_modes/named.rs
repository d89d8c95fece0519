//! README's table of which context counts, and the ledger of failure modes,
//! name tests that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders with tests, and the path that the names of their tests begin with.
const TESTS: [(&str, &str); 11] = [
    ("tests/tests/integration", ""),
    ("diesel-audit/src", "diesel_audit"),
    ("diesel-audit-model/src", "diesel_audit_model"),
    ("diesel-audit-model/tests", "diesel_audit_model"),
    ("diesel-audit-parse/src", "diesel_audit_parse"),
    ("diesel-audit-sql/src", "diesel_audit_sql"),
    ("diesel-audit-sql/tests", "diesel_audit_sql"),
    ("diesel-audit-derive/src", "diesel_audit_derive"),
    ("cargo-diesel-audit/src", "cargo_diesel_audit"),
    ("cargo-diesel-audit/tests", "cargo_diesel_audit"),
    ("tests/server/tests", "audit_test_server"),
];

/// How many cases each section of the ledger has, which it counts from 1.
const CASES: [(char, usize); 6] = [
    ('G', 32),
    ('P', 9),
    ('S', 23),
    ('I', 37),
    ('C', 20),
    ('M', 18),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All tests, as `module::name`.
fn all_tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (folder, module) in TESTS {
        tests(&root().join(folder), module, &mut names);
    }
    names
}

fn tests(folder: &Path, module: &str, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        let module = match module {
            "" => name.into_owned(),
            module => format!("{module}::{name}"),
        };
        if path.is_dir() {
            tests(&path, &module, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a text");
            let is_test =
                |rest: &&str| rest.starts_with("test]") || rest.starts_with("tokio::test");
            let functions = text.split("#[").filter(is_test).filter_map(|rest| {
                let (_, name) = rest.split_once("fn ")?;
                Some(format!("{module}::{}", name.split_once("()")?.0))
            });
            names.extend(functions);
        }
    }
}

/// The last cell of each row.
fn shown_by<'a>(rows: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    rows.map(|row| row.rsplit('|').nth(1).expect("a column").trim())
}

#[test]
fn each_row_of_readmes_table_is_a_test() {
    let names = all_tests();
    let readme = read("README.md");
    let rows: Vec<&str> = readme
        .split_once("### Which context counts")
        .and_then(|(_, rest)| rest.split_once("\n## "))
        .map(|(section, _)| section)
        .expect("the section")
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| when |"))
        .collect();
    assert!(rows.len() > 10, "{rows:?}");
    for shown in shown_by(rows.into_iter()) {
        let tests: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test: {shown}");
        for name in tests {
            let end = format!("::{name}");
            assert!(
                names.iter().any(|known| known.ends_with(&end)),
                "no test `{name}`"
            );
        }
    }
}

/// Each case has a test, or says why it is out of scope.
#[test]
fn each_failure_mode_is_a_test_or_out_of_scope() {
    let names = all_tests();
    let ledger = read("docs/failure-modes.md");
    let expected = CASES
        .iter()
        .flat_map(|&(section, cases)| (1..=cases).map(move |n| format!("{section}{n}")));
    let is_case = |line: &&str| {
        let cell = line
            .strip_prefix("| ")
            .and_then(|rest| rest.split_once(' '));
        cell.is_some_and(|(number, _)| number.chars().any(|c| c.is_ascii_digit()))
    };
    let rows: Vec<&str> = ledger.lines().filter(is_case).collect();
    let numbers: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.split('|').nth(1))
        .map(str::trim)
        .collect();
    assert_eq!(numbers, expected.collect::<Vec<_>>());
    let mut faults = Vec::new();
    for (row, named) in rows.iter().zip(shown_by(rows.iter().copied())) {
        let shown: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        if shown.is_empty() && !row.to_lowercase().contains("out of scope") {
            faults.push(format!("neither a test nor out of scope: {row}"));
        }
        faults.extend(
            shown
                .iter()
                .filter(|name| !is_there(name, &names))
                .map(|name| format!("there is no `{name}`: {row}")),
        );
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// A test, a long run, a figure, or a folder of compile errors.
fn is_there(name: &str, tests: &BTreeSet<String>) -> bool {
    let command = |main: &str, begin: &str| read(main).contains(begin);
    if let Some(word) = name.strip_prefix("soak -- ") {
        command("tests/soak/src/main.rs", &format!("(\"{word}\", "))
    } else if let Some(word) = name.strip_prefix("bench -- ") {
        command("tests/bench/src/main.rs", &format!("[\"{word}\""))
    } else if name.starts_with("ui/") {
        root().join("tests/tests").join(name).is_dir()
    } else {
        tests.contains(name)
    }
}
