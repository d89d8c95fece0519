//! A package in a folder, with a database, and the commands that work on both.
// A test that did nothing has to say so.
#![allow(clippy::print_stderr)]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::support::Project;

/// The command, or nothing, which is then said.
pub(crate) fn diesel_cli() -> Option<OsString> {
    let found = std::env::var_os("DIESEL_CLI").filter(|path| !path.is_empty());
    if found.is_none() {
        eprintln!("skipped: DIESEL_CLI does not name a `diesel`, see .ci/diesel-cli");
    }
    found
}

pub(crate) struct Folder {
    pub(crate) project: Project,
    pub(crate) database: Database,
    diesel: OsString,
}

impl Folder {
    /// An empty package; `more` goes to the end of its Cargo.toml.
    pub(crate) fn new(diesel: OsString, more: &str) -> Folder {
        Folder {
            project: Project::new(more),
            database: audit_test_server::database(),
            diesel,
        }
    }

    /// Copies a file or a folder that lies below `from` in the repository.
    pub(crate) fn copy(&self, from: &str, name: &str) {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        copy(
            &repository.join(from).join(name),
            &self.project.root.join(name),
        );
    }

    /// Runs `diesel` and returns what it prints.
    pub(crate) fn diesel(&self, words: &[&str]) -> String {
        self.succeeds(Command::new(&self.diesel).args(words))
    }

    /// Runs `cargo diesel-audit`.
    pub(crate) fn audit(&self, words: &[&str]) -> String {
        let program = env!("CARGO_BIN_EXE_cargo-diesel-audit");
        self.succeeds(Command::new(program).arg("diesel-audit").args(words))
    }

    fn succeeds(&self, command: &mut Command) -> String {
        let output = command
            .current_dir(&self.project.root)
            .env("DATABASE_URL", self.database.url())
            .env_remove("MIGRATION_DIRECTORY")
            .env_remove("DIESEL_CONFIG_FILE")
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (stdout, stderr) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{command:?}\n{stdout}{stderr}");
        stdout.into_owned()
    }

    /// Lets Diesel make a migration, and returns the name of its folder.
    pub(crate) fn generate(&self, words: &[&str]) -> String {
        let before = self.project.migrations();
        self.diesel(&[&["migration", "generate"], words].concat());
        let mut new = self.project.migrations();
        new.retain(|name| !before.contains(name) && !name.starts_with('.'));
        assert_eq!(new.len(), 1, "{new:?}");
        new.remove(0)
    }

    /// A migration that is written by hand.
    pub(crate) fn migration(&self, name: &str, up: &str, down: &str) {
        let folder = self.generate(&[name]);
        for (file, text) in [("up.sql", up), ("down.sql", down)] {
            self.project
                .write(&format!("migrations/{folder}/{file}"), text);
        }
    }

    /// The migrations are what the models say.
    pub(crate) fn is_current(&self) {
        let diff = self.audit(&["check"]);
        assert_eq!(diff, "");
    }

    /// The statements by which Diesel would make the schema `public` what
    /// `schema.rs` says, and the way back.
    pub(crate) fn differences(&self) -> Vec<String> {
        let name = self.generate(&["probe", "--diff-schema", "--schema-key", "default"]);
        let folder = self.project.root.join("migrations").join(&name);
        let texts = ["up.sql", "down.sql"]
            .map(|file| self.project.read(&format!("migrations/{name}/{file}")));
        fs::remove_dir_all(folder).expect("its folder");
        let lines = texts.iter().flat_map(|text| text.lines()).map(str::trim);
        lines
            .filter(|line| !line.is_empty() && !line.starts_with("--"))
            .map(str::to_owned)
            .collect()
    }

    /// Diesel knows nothing of the audit tables.
    pub(crate) fn shows_no_audit(&self) {
        let printed = self.diesel(&["print-schema"]);
        assert!(!printed.contains("audit"), "{printed}");
        let written = self.project.read("src/schema.rs");
        assert!(!written.contains("audit"), "{written}");
        assert_eq!(self.differences(), [""; 0]);
    }

    /// Runs a statement with a context.
    pub(crate) fn write(&self, statement: &str) {
        let context = "SELECT set_config('audit.username', 'ada', true),
             set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true)";
        self.database
            .connect()
            .batch_execute(&format!("BEGIN; {context}; {statement}; COMMIT"))
            .unwrap_or_else(|error| panic!("{error}, by: {statement}"));
    }

    /// How many rows there are in a table, of which conditions may follow.
    pub(crate) fn count(&self, of: &str) -> i64 {
        sql::<BigInt>(format!("SELECT count(*) FROM {of}").as_str())
            .get_result(&mut self.database.connect())
            .unwrap_or_else(|error| panic!("{error}, by: {of}"))
    }
}

fn copy(from: &PathBuf, to: &PathBuf) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}
