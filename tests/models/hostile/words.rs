//! The words of our sources, since a text of SQL can be made of any of them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// Words in lower case, which are names if PostgreSQL knows them.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// Those with a parenthesis after them.
    pub called: Vec<String>,
    /// All.
    pub all: Vec<String>,
}

/// Reads the sources of every crate that could hold SQL.
///
/// # Errors
/// When they cannot be read.
pub fn words() -> io::Result<Words> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut called = BTreeSet::new();
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with("diesel-audit")
        {
            collect(&entry.path().join("src"), &mut called, &mut all)?;
        }
    }
    Ok(Words {
        called: called.into_iter().collect(),
        all: all.into_iter().collect(),
    })
}

fn collect(
    folder: &Path,
    called: &mut BTreeSet<String>,
    all: &mut BTreeSet<String>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, called, all)?;
        } else if path.extension().is_some_and(|e| e == "rs" || e == "sql") {
            read(&fs::read_to_string(&path)?, called, all);
        }
    }
    Ok(())
}

fn read(text: &str, called: &mut BTreeSet<String>, all: &mut BTreeSet<String>) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let word = &rest[start..];
        let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        if word.bytes().all(|b| !b.is_ascii_uppercase())
            && !word.starts_with(|c: char| c.is_ascii_digit())
        {
            all.insert(word.to_owned());
            if after.starts_with('(') {
                called.insert(word.to_owned());
            }
        }
        rest = after;
    }
}
