//! The migrations of this repository are what the command generates from its
//! sources. Tests of the packages compare them with the compiled derive.

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use std::fs;
use std::path::Path;

use support::{Project, run_in};

fn check(package: &str, migrations: &str, committed: [&str; 2]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap();
    let migrations = root.join(migrations);
    let empty = Project::new("");
    let nowhere = empty.root.join("migrations");
    let nowhere = nowhere.to_str().unwrap();
    let words = ["generate", "--migration-dir", nowhere];
    let dry = [&words[..], &["--dry-run", "--format", "json"]].concat();
    let outcome = run_in(&root.join(package), &dry);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let generated = report["migrations"].as_array().unwrap();
    assert_eq!(generated.len(), committed.len());
    let is_blessed = std::env::var_os("BLESS").is_some();
    for (migration, folder) in generated.iter().zip(committed) {
        for way in ["up", "down"] {
            let path = migrations.join(folder).join(format!("{way}.sql"));
            let text = migration[way].as_str().unwrap();
            if is_blessed {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, text).unwrap();
            }
            // Not `assert_eq`: nobody can read a thousand lines of one string.
            let read = fs::read_to_string(&path).unwrap_or_default();
            assert!(text == read, "{} is stale", path.display());
        }
    }
    if is_blessed {
        assert_eq!(run_in(&root.join(package), &words).code, 0);
        let lock = "diesel-audit.lock";
        fs::copy(
            empty.root.join("migrations").join(lock),
            migrations.join(lock),
        )
        .unwrap();
    }
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
        "examples/quickstart/migrations",
        [
            "2026-01-12-090050-0000_diesel_audit_core",
            "2026-01-12-090100-0000_audit_shop",
        ],
    );
}

#[test]
fn axum() {
    check(
        "examples/axum",
        "examples/axum/migrations",
        [
            "2026-01-14-090050-0000_diesel_audit_core",
            "2026-01-14-090100-0000_audit_documents",
        ],
    );
}

#[test]
fn models_of_the_tests() {
    check(
        "tests",
        "migrations",
        [
            "2026-01-10-080050-0000_diesel_audit_core",
            "2026-01-10-080100-0000_audit_tables",
        ],
    );
}
