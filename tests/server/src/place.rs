//! A private folder in which one program after the other runs, cleaned up in every case.

use std::{
    fs::{self, File},
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use crate::{account::Account, watcher::Watcher};

/// The folder, the user that it belongs to, and the process which removes it after us.
#[derive(Debug)]
pub(crate) struct Place {
    watcher: Watcher,
    account: Account,
    folder: PathBuf,
}

impl Place {
    pub(crate) fn make() -> Result<Self, String> {
        let account = Account::choose()?;
        let folder = account.folder()?;
        let watcher = match folder.to_str() {
            Some(path) => {
                Watcher::start(CLEANUP, path).map_err(|error| format!("/bin/sh: {error}"))
            }
            None => Err("it is not UTF-8; set TMPDIR to a folder that is".to_owned()),
        };
        match watcher {
            Ok(watcher) => Ok(Self {
                watcher,
                account,
                folder,
            }),
            Err(why) => {
                drop(fs::remove_dir(&folder));
                Err(format!("{}: {why}", folder.display()))
            }
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a program in the folder, as the right user, and tells the watcher its id.
    pub(crate) fn spawn(&mut self, command: Command, log: &str) -> Result<Child, String> {
        self.spawn_on(Stdio::null(), command, log)
    }

    fn spawn_on(&mut self, input: Stdio, mut command: Command, log: &str) -> Result<Child, String> {
        let path = self.folder.join(log);
        let output = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let errors = output
            .try_clone()
            .map_err(|error| format!("{}: {error}", path.display()))?;
        self.account.apply(&mut command);
        command
            .current_dir(&self.folder)
            .stdin(input)
            .stdout(output)
            .stderr(errors);
        // An interrupt from the terminal is for the tests: the watcher ends the server after them.
        command.process_group(0);
        let child = command
            .spawn()
            .map_err(|error| format!("{}: {error}", Path::new(command.get_program()).display()))?;
        self.watcher
            .tell(&child.id().to_string())
            .map_err(watcher_gone)?;
        Ok(child)
    }

    /// Runs a program in the folder to its end.
    pub(crate) fn run(&mut self, command: Command, log: &str) -> Result<ExitStatus, String> {
        self.run_on(Stdio::null(), command, log)
    }

    /// Runs a program that reads this file to its end.
    pub(crate) fn run_reading(
        &mut self,
        input: &Path,
        command: Command,
        log: &str,
    ) -> Result<ExitStatus, String> {
        let file = File::open(input).map_err(|error| format!("{}: {error}", input.display()))?;
        self.run_on(file.into(), command, log)
    }

    fn run_on(&mut self, input: Stdio, command: Command, log: &str) -> Result<ExitStatus, String> {
        let program = command.get_program().to_owned();
        let mut child = self.spawn_on(input, command, log)?;
        let status = child
            .wait()
            .map_err(|error| format!("{}: {error}", Path::new(&program).display()))?;
        self.ended()?;
        Ok(status)
    }

    /// Tells the watcher that the program has ended: its id may belong to another from now on.
    pub(crate) fn ended(&mut self) -> Result<(), String> {
        self.watcher.tell("").map_err(watcher_gone)
    }

    /// Makes the watcher end the program and remove the folder. Dropping this waits for it.
    pub(crate) fn release(&mut self) {
        self.watcher.release();
    }

    /// The end of what a program wrote to its log.
    pub(crate) fn last_lines(&self, log: &str) -> String {
        let text = fs::read(self.folder.join(log)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

fn watcher_gone(error: io::Error) -> String {
    format!("the process that cleans up has ended: {error}")
}

/// `$state` is the id of the program that runs in the folder `$1`, or empty.
///
/// SIGINT makes the server end its sessions and stop properly, SIGQUIT makes it stop at once. The
/// server removes its file when it has stopped; where nobody takes note of the end of orphans, its
/// id stays taken, and only the file tells.
const CLEANUP: &str = r#"
runs() { kill -0 "$state" && [ -e "$1/data/postmaster.pid" ]; }
if [ -n "$state" ]; then
    for signal in INT QUIT KILL; do
        kill -s "$signal" "$state" || break
        count=0
        while runs "$1" && [ "$count" -lt 100 ]; do
            sleep 0.05
            count=$((count + 1))
        done
        runs "$1" || break
    done
fi
count=0
while ! rm -rf "$1" && [ "$count" -lt 20 ]; do
    sleep 0.1
    count=$((count + 1))
done
"#;
