//! Projects in temporary folders, and the command run on them in process.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use cargo_diesel_audit::{Environment, run};
use chrono::{TimeZone, Utc};

/// A package of its own, which goes when the test ends.
pub(crate) struct Project {
    pub(crate) root: PathBuf,
}

/// What a run has left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// An empty package with a migrations folder. `more` goes to the end of its
    /// Cargo.toml.
    pub(crate) fn new(more: &str) -> Project {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("project-{}-{count}", std::process::id());
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let project = Project { root };
        project.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n{more}"
            ),
        );
        fs::create_dir_all(project.root.join("migrations")).unwrap();
        project
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    /// The names in the migrations folder, sorted.
    pub(crate) fn migrations(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.join("migrations")).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Runs `cargo diesel-audit` with these words.
    pub(crate) fn run(&self, words: &[&str]) -> Outcome {
        run_in(&self.root, words)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Runs `cargo diesel-audit` with these words in a folder, at a fixed time.
pub(crate) fn run_in(folder: &Path, words: &[&str]) -> Outcome {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let args = ["cargo-diesel-audit", "diesel-audit"];
    let args = args.iter().chain(words).map(OsString::from);
    let code = run(
        args,
        Environment {
            current_dir: folder.to_owned(),
            variable: &|_| None,
            now: Utc.with_ymd_and_hms(2026, 11, 24, 6, 34, 18).unwrap(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            terminal: [false; 2],
        },
    );
    Outcome {
        code,
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}
