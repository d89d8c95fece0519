//! Each folder in `cases/` is a project, the words of a command in `words`,
//! and what comes of it in `expected`. `BLESS=1` writes the latter anew.

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use std::fs;
use std::path::Path;

use support::Project;

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    let wrong: Vec<String> = cases.iter().filter_map(|case| difference(case)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nothing, or the case with what is other than expected.
fn difference(case: &Path) -> Option<String> {
    let more = fs::read_to_string(case.join("manifest.toml")).unwrap_or_default();
    let project = Project::new(&more);
    copy(case, &project.root);
    let words = fs::read_to_string(case.join("words")).unwrap();
    let words: Vec<&str> = words.split_whitespace().collect();
    let outcome = project.run(&words);
    let shown = format!(
        "exit code {}\n-- stdout\n{}-- stderr\n{}",
        outcome.code, outcome.stdout, outcome.stderr
    );
    let expected = case.join("expected");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&expected, &shown).unwrap();
    }
    let expected = fs::read_to_string(&expected).unwrap_or_default();
    let name = case.file_name().unwrap().to_string_lossy();
    (shown != expected).then(|| format!("== {name}: `BLESS=1 cargo test` accepts this\n{shown}"))
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
