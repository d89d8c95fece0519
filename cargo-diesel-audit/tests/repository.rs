//! The migrations of this repository are what the command generates from its
//! sources. Tests of the packages compare them with the compiled derive.

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use std::fs;
use std::path::Path;

use support::{Project, run_in};

fn check(package: &str, committed: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap();
    let empty = Project::new("");
    let nowhere = empty.root.join("migrations");
    let nowhere = nowhere.to_str().unwrap();
    let outcome = run_in(
        &root.join(package),
        &["generate", "--dry-run", "--migration-dir", nowhere],
    );
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let (up, down) = outcome.stdout.split_once("\n-- down.sql\n").unwrap();
    if std::env::var_os("BLESS").is_some() {
        let folder = root.join(committed);
        fs::write(folder.join("up.sql"), up).unwrap();
        fs::write(folder.join("down.sql"), down).unwrap();
        let whole = Project::new("");
        let written = whole.root.join("migrations");
        let words = ["generate", "--migration-dir", written.to_str().unwrap()];
        assert_eq!(run_in(&root.join(package), &words).code, 0);
        let lock = "diesel-audit.lock";
        fs::copy(written.join(lock), folder.join("..").join(lock)).unwrap();
    }
    let read = |file: &str| fs::read_to_string(root.join(committed).join(file)).unwrap();
    // Not `assert_eq`: nobody can read a thousand lines of one string.
    assert!(up == read("up.sql"), "up.sql of {package}");
    assert!(down == read("down.sql"), "down.sql of {package}");

    let outcome = run_in(&root.join(package), &["check"]);
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, ""),
        "{}",
        outcome.stderr
    );
}

#[test]
fn quickstart() {
    check(
        "examples/quickstart",
        "examples/quickstart/migrations/2026-01-12-090100-0000_audit_shop",
    );
}

#[test]
fn axum() {
    check(
        "examples/axum",
        "examples/axum/migrations/2026-01-14-090100-0000_audit_documents",
    );
}

#[test]
fn models_of_the_tests() {
    check("tests", "migrations/2026-01-10-080100-0000_audit_tables");
}
