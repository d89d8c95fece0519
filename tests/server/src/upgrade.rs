//! A temporary cluster that goes to another version.

use std::{fs, mem, process::Command};

use crate::{binaries::Binaries, local::Local};

impl Local {
    /// Leaves the server running with these binaries. A cluster that cannot be upgraded stays
    /// stopped.
    pub(crate) fn upgrade(&mut self, to: Binaries) -> Result<(), String> {
        self.stop()?;
        let from = mem::replace(&mut self.binaries, to);
        self.init("new")?;
        let mut program = Command::new(self.binaries.program("pg_upgrade"));
        program.args(["--old-datadir=data", "--new-datadir=new"]);
        program.arg("--username=postgres");
        program.arg("--old-bindir").arg(from.folder());
        program.arg("--new-bindir").arg(self.binaries.folder());
        let status = self.place.run(program, "upgrade.log")?;
        if !status.success() {
            let log = self.place.last_lines("upgrade.log");
            return Err(format!("pg_upgrade ended with {status}\n{log}"));
        }
        let folder = self.place.folder();
        fs::rename(folder.join("data"), folder.join("old"))
            .and_then(|()| fs::rename(folder.join("new"), folder.join("data")))
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        self.run()
    }
}
