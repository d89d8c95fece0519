//! `completions`: the words of this command for a shell.

use clap::CommandFactory;
use clap_complete::Shell as Dialect;

use crate::Stop;
use crate::args::Cli;
use crate::shell::Shell;

pub(crate) fn run(dialect: Dialect, shell: &mut Shell<'_>) -> Result<u8, Stop> {
    let mut text = Vec::new();
    // A shell completes the program that it finds, not cargo's subcommand.
    let mut command = Cli::command().bin_name("cargo-diesel-audit");
    clap_complete::generate(dialect, &mut command, "cargo-diesel-audit", &mut text);
    shell.result(&String::from_utf8_lossy(&text))?;
    Ok(0)
}
