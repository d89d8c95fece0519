//! The user that PostgreSQL runs as: it refuses to run as root.

use std::{
    env, fs, io,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use crate::unique;

/// Ourselves, or another user when we are root.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Account {
    Own,
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// Root becomes `postgres` or `nobody`; everyone else stays who they are.
    pub(crate) fn choose() -> Result<Self, String> {
        if own_uid()? != 0 {
            return Ok(Self::Own);
        }
        let users =
            fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| find(&users, name))
            .ok_or_else(|| {
                "PostgreSQL refuses to run as root, and there is no user postgres or nobody in \
             /etc/passwd; run the tests as another user"
                    .to_owned()
            })
    }

    /// Makes a command run as this user.
    pub(crate) fn apply(self, command: &mut Command) {
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }

    /// Makes a private folder for this user below the first temporary folder that it can enter.
    pub(crate) fn folder(self) -> Result<PathBuf, String> {
        let parents = [
            env::temp_dir(),
            PathBuf::from("/tmp"),
            PathBuf::from("/var/tmp"),
        ];
        let Some(parent) = parents
            .iter()
            .filter_map(|p| p.canonicalize().ok())
            .find(|p| self.can_enter(p))
        else {
            return Err(
                "no temporary folder can be entered by the user that PostgreSQL runs as; set \
                 TMPDIR to one"
                    .to_owned(),
            );
        };
        let folder = parent.join(unique::name());
        // It fails where someone put something of this name, so nobody else can own it.
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .and_then(|()| match self {
                Self::Own => Ok(()),
                Self::Other { uid, gid } => chown(&folder, Some(uid), Some(gid)),
            })
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(folder)
    }

    fn can_enter(self, folder: &Path) -> bool {
        let Self::Other { uid, gid } = self else {
            return true;
        };
        folder.ancestors().all(|folder| {
            fs::metadata(folder).is_ok_and(|of| {
                let bit = match () {
                    () if of.uid() == uid => 0o100,
                    () if of.gid() == gid => 0o010,
                    () => 0o001,
                };
                of.mode() & bit != 0
            })
        })
    }
}

/// The standard library does not tell it, and asking the system for it is unsafe, or needs a crate.
/// A file that we make belongs to us.
fn own_uid() -> Result<u32, String> {
    let probe = env::temp_dir().join(unique::name());
    let uid = fs::File::create_new(&probe)
        .and_then(|file| file.metadata())
        .map(|of| of.uid());
    drop(fs::remove_file(&probe));
    uid.map_err(|error: io::Error| {
        format!(
            "cannot write to the temporary folder {}: {error}",
            env::temp_dir().display()
        )
    })
}

/// Lines are `name:password:uid:gid:...`.
fn find(users: &str, name: &str) -> Option<Account> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account::Other { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_whole_name() {
        let users = "postgresql:x:5:5::/:/bin/sh\npostgres:x:101:104:P,,:/p:/bin/bash\n";
        assert!(matches!(
            find(users, "postgres"),
            Some(Account::Other { uid: 101, gid: 104 })
        ));
        assert!(find(users, "nobody").is_none());
    }
}
