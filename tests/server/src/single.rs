//! A cluster without its server: one process that runs a list of statements, and that a tool such
//! as valgrind can watch.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Database, Server, ServerError, local::Local, plan::LocalPlan};

impl Server {
    /// Why there are no server binaries to start a temporary cluster with, where that is so.
    ///
    /// # Errors
    ///
    /// When the environment asks for binaries that will not do.
    pub fn without_binaries() -> Result<Option<String>, ServerError> {
        let plan = LocalPlan::read(&|name| env::var(name).ok())?;
        Ok(plan.binaries()?.err())
    }

    /// Stops a server that was started from binaries, and runs these statements in its database by
    /// a single-user backend, each in a transaction of its own. `tool` is a program with its
    /// options, which gets the command of the backend as its last arguments. Returns the folder in
    /// which it ran, until the server is dropped.
    ///
    /// The server stays stopped until [`start_again`](Self::start_again).
    ///
    /// <https://www.postgresql.org/docs/current/app-postgres.html#APP-POSTGRES-SINGLE-USER>
    ///
    /// # Errors
    ///
    /// When the server was not started from binaries, when the tool or the backend fails, or when
    /// a statement does: then with the words of the backend.
    pub fn single_user(
        &mut self,
        database: &Database,
        tool: &[&str],
        statements: &[String],
    ) -> Result<PathBuf, ServerError> {
        let local = self.own()?;
        local
            .stop()
            .and_then(|()| local.single_user(database.name(), tool, statements))
            .map_err(|why| ServerError::new(format!("a single-user backend: {why}")))?;
        Ok(local.place.folder().to_owned())
    }
}

const LOG: &str = "single.log";

impl Local {
    fn single_user(
        &mut self,
        database: &str,
        tool: &[&str],
        statements: &[String],
    ) -> Result<(), String> {
        let Some((program, options)) = tool.split_first() else {
            return Err("there is no tool to run it under".to_owned());
        };
        let mut command = Command::new(program);
        command.args(options).arg(self.binaries.program("postgres"));
        // With `-j` a statement ends at a semicolon and an empty line, not at the end of its line.
        command.args(["--single", "-j", "-D", "data"]);
        self.configure(&mut command);
        command.arg(database);

        let input = self.place.folder().join("single.sql");
        write(&input, statements).map_err(|error| format!("{}: {error}", input.display()))?;
        let status = self.place.run_reading(&input, command, LOG)?;
        if !status.success() {
            let log = self.place.last_lines(LOG);
            return Err(format!("{program} ended with {status}\n{log}"));
        }
        // It goes on after an error, and ends as if there had been none.
        let log = fs::read(self.place.folder().join(LOG)).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        match log.lines().find(|line| line.contains("ERROR:  ")) {
            Some(error) => Err(error.to_owned()),
            None => Ok(()),
        }
    }
}

fn write(path: &Path, statements: &[String]) -> std::io::Result<()> {
    let script: String = statements
        .iter()
        .map(|statement| format!("{statement};\n\n"))
        .collect();
    fs::write(path, script)
}
