//! A migration that the user has written.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::fault::Fault;
use crate::migrations;

pub(super) struct OfUser {
    pub(super) name: String,
    pub(super) folder: PathBuf,
}

impl OfUser {
    /// The migration that `asked` names, by folder, version or path.
    ///
    /// # Errors
    /// When it is not among those that exist.
    pub(super) fn find(folder: &Path, existing: &[String], asked: &str) -> Result<OfUser, Fault> {
        let name = migrations::find(existing, asked).ok_or_else(|| {
            let fault = Fault::new(format!("there is no migration `{asked}`"));
            match existing.last() {
                Some(newest) => fault.help(format!("the newest one is `{newest}`")),
                None => fault,
            }
        })?;
        Ok(OfUser {
            folder: folder.join(&name),
            name,
        })
    }

    /// The text of one of its files, if it is there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read(&self, file: &str) -> Result<Option<String>, Fault> {
        match fs::read_to_string(self.folder.join(file)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Fault::new(format!(
                "cannot read {file} of `{}`: {error}",
                self.name
            ))),
        }
    }

    /// The text of its up.sql. `help` says which migration to name instead.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub(super) fn up(&self, help: &str) -> Result<String, Fault> {
        self.read("up.sql")?.ok_or_else(|| {
            Fault::new(format!("the migration `{}` has no up.sql", self.name)).help(help)
        })
    }

    /// Refuses one without a transaction, with the way out. Diesel reads a
    /// metadata.toml without the word as `false`.
    ///
    /// # Errors
    /// That there is none.
    pub(super) fn runs_in_transaction(&self, help: &str) -> Result<(), Fault> {
        let Some(text) = self.read("metadata.toml")? else {
            return Ok(());
        };
        let document: Option<toml_edit::DocumentMut> = text.parse().ok();
        let said = document
            .as_ref()
            .and_then(|d| d.get("run_in_transaction")?.as_bool());
        if said == Some(true) {
            return Ok(());
        }
        let message = format!(
            "the migration `{}` does not run in a transaction",
            self.name
        );
        Err(Fault::new(message).help(help))
    }
}
