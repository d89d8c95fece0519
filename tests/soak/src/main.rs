//! Long runs that count mismatches: one line of figures each, and exit code 1
//! when anything is not as promised.
//!
//! `cargo run --release -p diesel-audit-soak -- pools [--quick]`

// A command that counts has to print what it counted.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod pools;

use std::process::ExitCode;

const USAGE: &str = "usage: diesel-audit-soak pools [--quick]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let figures = match words[..] {
        ["pools"] => pools::run(20_000),
        ["pools", "--quick"] => pools::run(2_000),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match figures {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::from(u8::from(!figures.as_promised()))
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
