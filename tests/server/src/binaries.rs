//! Where the server binaries are.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::sql::OLDEST;

/// A folder that holds `initdb` and `postgres` of a version that is new enough.
#[derive(Debug)]
pub(crate) struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    pub(crate) fn in_folder(folder: &Path) -> Result<Self, String> {
        for name in ["initdb", "postgres"] {
            if !folder.join(name).is_file() {
                return Err(format!("there is no {name} in {}", folder.display()));
            }
        }
        let folder =
            own_folder(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let version = version(&folder.join("postgres"))?;
        match major(&version) {
            Some(major) if major >= OLDEST => Ok(Self { folder, major }),
            _ => Err(format!(
                "{} holds PostgreSQL {version}; the tests need {OLDEST} or newer",
                folder.display()
            )),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn major(&self) -> u32 {
        self.major
    }
}

/// The folder of all programs of the version: the one that was found may hold links to some of
/// them. It is absolute, since the working folder changes before a program is looked up.
fn own_folder(folder: &Path) -> io::Result<PathBuf> {
    let postgres = folder.join("postgres").canonicalize()?;
    match postgres.parent() {
        Some(own) if own.join("initdb").is_file() => Ok(own.to_owned()),
        _ => folder.canonicalize(),
    }
}

/// The first folder of `path`, and then of the usual ones, that holds binaries which will do.
///
/// The error says what is wrong with those that were found, or that there are none.
pub(crate) fn find(path: Option<&str>) -> Result<Binaries, String> {
    let mut refused = None;
    let on_path = path.into_iter().flat_map(env::split_paths);
    for folder in on_path
        .chain(usual())
        .filter(|folder| folder.join("initdb").is_file())
    {
        match Binaries::in_folder(&folder) {
            Ok(binaries) => return Ok(binaries),
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    Err(refused.unwrap_or_else(|| {
        "there are no server binaries (initdb, postgres) on PATH or in a usual folder".to_owned()
    }))
}

/// Where the packages of Linux distributions, Homebrew and Postgres.app put them, and where an own
/// build does.
fn usual() -> impl Iterator<Item = PathBuf> {
    let packages = [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql@"),
        ("/usr/local/opt", "postgresql@"),
        ("/Applications/Postgres.app/Contents/Versions", ""),
    ];
    let versions = packages
        .into_iter()
        .flat_map(|(parent, prefix)| versions(Path::new(parent), prefix));
    versions
        .chain([PathBuf::from("/usr/local/pgsql")])
        .map(|folder| folder.join("bin"))
}

/// The entries of a folder that are called `prefix` and a version, the newest first.
fn versions(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if let Some(major) = name
            .to_str()
            .and_then(|name| name.strip_prefix(prefix))
            .and_then(major)
        {
            found.push((major, entry.path()));
        }
    }
    found.sort();
    found.into_iter().rev().map(|(_, folder)| folder).collect()
}

/// Asks the program, which says for instance `postgres (PostgreSQL) 17.5 (Debian 17.5-1)`.
fn version(postgres: &Path) -> Result<String, String> {
    let output = Command::new(postgres)
        .arg("--version")
        .output()
        .map_err(|error| format!("cannot run {}: {error}", postgres.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let version = said
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    version
        .map(str::to_owned)
        .ok_or_else(|| format!("{} does not tell its version", postgres.display()))
}

/// The leading number of `17.5`, `9.6.24` or `18beta1`.
fn major(version: &str) -> Option<u32> {
    let end = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    version[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_leading_number() {
        let majors = ["17.5", "9.6.24", "18beta1", "15", "latest", ""].map(major);
        assert_eq!(majors, [Some(17), Some(9), Some(18), Some(15), None, None]);
    }

    #[test]
    fn the_newest_version_comes_first() {
        let parent = env::temp_dir().join(crate::unique::name());
        for name in [
            "pgsql-9.6",
            "pgsql-17",
            "pgsql-100",
            "pgsql-latest",
            "other-18",
        ] {
            fs::create_dir_all(parent.join(name)).unwrap();
        }
        let found = versions(&parent, "pgsql-");
        fs::remove_dir_all(&parent).unwrap();
        assert_eq!(
            found,
            ["pgsql-100", "pgsql-17", "pgsql-9.6"].map(|name| parent.join(name))
        );
    }

    #[test]
    fn a_folder_without_them_is_refused_by_name() {
        let message = Binaries::in_folder(Path::new("/nowhere")).unwrap_err();
        assert!(
            message.contains("initdb") && message.contains("/nowhere"),
            "{message}"
        );
    }
}
