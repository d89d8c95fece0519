//! What the lock of a migrations folder says.

use std::io;
use std::path::Path;

use crate::lock::{self, Lock};

use crate::fault::{Fault, Place};
use crate::migrations::{self, LOCK};
use crate::project::Surroundings;

/// What the lock says, or nothing where there is none.
///
/// # Errors
/// When it cannot be read, with the line that is wrong.
pub(super) fn read(folder: &Path, surroundings: &Surroundings<'_>) -> Result<Option<Lock>, Fault> {
    let path = folder.join(LOCK);
    let shown = migrations::shown(&path, surroundings);
    match std::fs::read_to_string(&path) {
        Ok(text) => match lock::parse(&text) {
            Ok(lock) => Ok(Some(lock)),
            Err(problem) => Err(lock_fault(&shown, &problem.to_string())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fault::new(format!("cannot read {shown}: {error}"))),
    }
}

fn lock_fault(shown: &str, problem: &str) -> Fault {
    let line = problem
        .strip_prefix("line ")
        .and_then(|rest| rest.split_once(": "))
        .and_then(|(line, message)| Some((line.parse().ok()?, message)));
    let fault = match line {
        Some((line, message)) => Fault::new(message).at(&Place {
            file: shown.into(),
            line,
            column: 1,
        }),
        None => Fault::new(format!("{shown}: {problem}")),
    };
    let help = fault.help.clone().unwrap_or_else(|| {
        "take the file from version control again; after a merge, keep the tables of both sides"
            .to_owned()
    });
    fault.help(help)
}
