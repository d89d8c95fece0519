//! `generate --amend`: a change of the audit in a migration of the user's.

use std::path::{Path, PathBuf};

use diesel_audit_sql::{Migration, Script};

use super::of_user::OfUser;
use crate::fault::Fault;
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
    let of_user = OfUser::find(folder, existing, asked)?;
    of_user.runs_in_transaction(
        "run `cargo diesel-audit generate` without `--amend`: the audit's part needs a transaction",
    )?;
    let up = of_user.up("name a migration that changes the source tables")?;
    // Where the user has given up the way back, there is none for us either.
    let down = of_user.read("down.sql")?;
    let file = |name: &str, text: String| File {
        path: of_user.folder.join(name),
        text,
    };
    Ok(Amended {
        up: file("up.sql", around(&migration.up, &up)),
        down: down.map(|down| file("down.sql", around(&migration.down, &down))),
        folder: of_user.folder,
    })
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
