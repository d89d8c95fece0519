//! README's table of which context counts names tests that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of all tests below the folder.
fn tests(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tests(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a text");
            let is_test =
                |rest: &&str| rest.starts_with("test]") || rest.starts_with("tokio::test");
            let functions = text.split("#[").filter(is_test).filter_map(|rest| {
                let (_, name) = rest.split_once("fn ")?;
                Some(name.split_once("()")?.0.to_owned())
            });
            names.extend(functions);
        }
    }
}

#[test]
fn each_row_of_the_table_is_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut names = BTreeSet::new();
    tests(&root.join("tests/tests/integration"), &mut names);
    tests(&root.join("diesel-audit/src"), &mut names);
    let readme = fs::read_to_string(root.join("README.md")).expect("README");
    let rows: Vec<&str> = readme
        .split_once("### Which context counts")
        .and_then(|(_, rest)| rest.split_once("\n## "))
        .map(|(section, _)| section)
        .expect("the section")
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| when |"))
        .collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        let shown_by = row.rsplit('|').nth(1).expect("a column").trim();
        let name = shown_by.trim_matches('`');
        assert!(names.contains(name), "no test `{name}`");
    }
}
