//! What the environment says about a server that is to be started.

use std::path::{Path, PathBuf};

use crate::{
    ServerError,
    binaries::{self, Binaries},
};

/// Tells the value of an environment variable.
///
/// The variables of a process are shared by all its threads, and setting one is unsafe; so tests of
/// the decision bring their own.
pub(crate) type Env<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A setting of the server's configuration: name and value.
pub(crate) type Setting = (String, String);

pub(crate) const DEFAULT_IMAGE: &str = "postgres:17";

/// A temporary cluster: where to look for the binaries, and the settings beyond the usual ones.
#[derive(Debug)]
pub(crate) struct LocalPlan {
    folder: Option<PathBuf>,
    path: Option<String>,
    pub(crate) settings: Vec<Setting>,
}

impl LocalPlan {
    pub(crate) fn read(env: &Env<'_>) -> Result<Self, ServerError> {
        Ok(Self {
            folder: value(env, "PG_BIN").map(PathBuf::from),
            path: env("PATH"),
            settings: settings(env)?,
        })
    }

    /// The inner error says that there are none. The outer one is about `PG_BIN`: whoever set it
    /// wants that folder, and no other.
    pub(crate) fn binaries(&self) -> Result<Result<Binaries, String>, ServerError> {
        match &self.folder {
            Some(folder) => self.of(folder).map(Ok),
            None => Ok(binaries::find(self.path.as_deref())),
        }
    }

    fn of(&self, folder: &Path) -> Result<Binaries, ServerError> {
        Binaries::in_folder(folder).map_err(|why| ServerError::new(format!("PG_BIN: {why}")))
    }
}

/// A container: its image, and the settings beyond the usual ones.
#[derive(Debug)]
pub(crate) struct DockerPlan {
    pub(crate) image: String,
    pub(crate) settings: Vec<Setting>,
}

impl DockerPlan {
    pub(crate) fn read(env: &Env<'_>) -> Result<Self, ServerError> {
        Ok(Self {
            image: value(env, "AUDIT_TEST_IMAGE").unwrap_or_else(|| DEFAULT_IMAGE.to_owned()),
            settings: settings(env)?,
        })
    }
}

fn settings(env: &Env<'_>) -> Result<Vec<Setting>, ServerError> {
    let words = env("AUDIT_TEST_SERVER_OPTIONS").unwrap_or_default();
    let setting = |word: &str| match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(ServerError::new(format!(
            "AUDIT_TEST_SERVER_OPTIONS: `{word}` is not of the form name=value"
        ))),
    };
    words.split_whitespace().map(setting).collect()
}

/// The value of a variable; an empty one counts as unset.
pub(crate) fn value(env: &Env<'_>, name: &str) -> Option<String> {
    env(name).filter(|value| !value.trim().is_empty())
}
