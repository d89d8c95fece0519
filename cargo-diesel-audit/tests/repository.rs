//! What is read from the sources equals what the compiled derive has said: the
//! migrations of this repository hold the latter.

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
fn models_of_the_tests() {
    check("tests", "migrations/2026-01-10-080100-0000_audit_tables");
}
