//! `generate --amend`: a change of the audit in a migration of the user's.

use std::path::{Path, PathBuf};
use std::{fs, io};

use diesel_audit_model::{Migration, Script};

use crate::fault::Fault;
use crate::migrations;
use crate::write::File;

/// A migration with the audit's part in it.
pub(crate) struct Amended {
    /// The migration's folder.
    pub(crate) folder: PathBuf,
    pub(crate) up: File,
    pub(crate) down: Option<File>,
}

/// Puts the migration of the audit around the text of the user's.
///
/// # Errors
/// When there is no such migration, or it has no transaction of its own.
pub(crate) fn amended(
    folder: &Path,
    existing: &[String],
    asked: &str,
    migration: &Migration,
) -> Result<Amended, Fault> {
    let name = migrations::find(existing, asked).ok_or_else(|| {
        let fault = Fault::new(format!("there is no migration `{asked}`"));
        match existing.last() {
            Some(newest) => fault.help(format!("the newest one is `{newest}`")),
            None => fault,
        }
    })?;
    let of_user = folder.join(&name);
    runs_in_transaction(&of_user, &name)?;
    let Some(up) = read(&of_user, &name, "up.sql")? else {
        return Err(Fault::new(format!("the migration `{name}` has no up.sql"))
            .help("name a migration that changes the source tables"));
    };
    // Where the user has given up the way back, there is none for us either.
    let down = read(&of_user, &name, "down.sql")?;
    let file = |name: &str, text: String| File {
        path: of_user.join(name),
        text,
    };
    Ok(Amended {
        up: file("up.sql", around(&migration.up, &up)),
        down: down.map(|down| file("down.sql", around(&migration.down, &down))),
        folder: of_user,
    })
}

/// Diesel reads a metadata.toml without the word as `false`.
fn runs_in_transaction(folder: &Path, name: &str) -> Result<(), Fault> {
    let Some(text) = read(folder, name, "metadata.toml")? else {
        return Ok(());
    };
    let document: Option<toml_edit::DocumentMut> = text.parse().ok();
    let said = document
        .as_ref()
        .and_then(|d| d.get("run_in_transaction")?.as_bool());
    if said == Some(true) {
        return Ok(());
    }
    Err(Fault::new(format!(
        "the migration `{name}` does not run in a transaction"
    ))
    .help(
        "run `cargo diesel-audit generate` without `--amend`: the audit's part needs a transaction",
    ))
}

fn read(folder: &Path, name: &str, file: &str) -> Result<Option<String>, Fault> {
    match fs::read_to_string(folder.join(file)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fault::new(format!(
            "cannot read {file} of `{name}`: {error}"
        ))),
    }
}

/// The user's text, byte for byte, between the two parts of the script.
fn around(script: &Script, of_user: &str) -> String {
    let mut text = String::new();
    if !script.before.is_empty() {
        text.push_str(&script.before);
        text.push('\n');
    }
    text.push_str(of_user);
    if script.after.is_empty() {
        return text;
    }
    if !of_user.is_empty() && !of_user.ends_with('\n') {
        text.push('\n');
    }
    // The last statement of a file may go without, and the next one needs it.
    let trimmed = of_user.trim_end();
    if !trimmed.is_empty() && !trimmed.ends_with(';') {
        text.push_str(";\n");
    }
    text.push('\n');
    text.push_str(&script.after);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_text_stays() {
        let script = |before: &str, after: &str| Script {
            before: before.to_owned(),
            after: after.to_owned(),
            whole: String::new(),
        };
        let check = |of_user: &str, expected: &str| {
            assert_eq!(around(&script("", "B;\n"), of_user), expected);
        };
        check("U;\n", "U;\n\nB;\n");
        check("U;", "U;\n\nB;\n");
        check("U", "U\n;\n\nB;\n");
        check("U; -- why\r\n", "U; -- why\r\n;\n\nB;\n");
        check("", "\nB;\n");
        assert_eq!(around(&script("A;\n", ""), "U"), "A;\n\nU");
        assert_eq!(around(&script("A;\n", "B;\n"), "U;\n"), "A;\n\nU;\n\nB;\n");
    }
}
