//! Figures of diesel-audit: ratios in one run, against no audit, the floor
//! (the application writes both rows in one statement, into the same audit
//! table) and a trigger that does what sqlalchemy-postgresql-audit's does.
//! `instructions` counts what the server executes for the same writes; it exits
//! with 3 where a program for that is missing. `sequence` compares one sequence for
//! all audit tables with one for each. `generate` times the subcommand
//! on a large project, without a server.
//!
//! `cargo run --release -p diesel-audit-bench -- write|instructions|bulk|wide|checkout|generate|sequence [--quick]`

// A command that measures has to print its figures.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bulk;
mod checkout;
mod generate;
mod instructions;
mod measure;
mod prepared;
mod sequence;
mod statements;
mod variant;
mod wide;
mod write;

use std::error::Error;
use std::process::ExitCode;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str =
    "usage: diesel-audit-bench write|instructions|bulk|wide|checkout|generate|sequence [--quick]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["write"] => write::run(write::FULL),
        ["write", "--quick"] => write::run(write::QUICK),
        ["instructions"] => instructions::run(instructions::FULL),
        ["instructions", "--quick"] => instructions::run(instructions::QUICK),
        ["bulk"] => bulk::run(bulk::FULL),
        ["bulk", "--quick"] => bulk::run(bulk::QUICK),
        ["wide"] => wide::run(wide::FULL),
        ["wide", "--quick"] => wide::run(wide::QUICK),
        ["checkout"] => checkout::run(checkout::FULL),
        ["checkout", "--quick"] => checkout::run(checkout::QUICK),
        ["sequence"] => sequence::run(sequence::FULL),
        ["sequence", "--quick"] => sequence::run(sequence::QUICK),
        ["generate"] => generate::run(generate::FULL),
        ["generate", "--quick"] => generate::run(generate::QUICK),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<instructions::Missing>() => {
            eprintln!("skipped: {error}");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
