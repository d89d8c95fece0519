//! Long runs that count mismatches: one line of figures each, and exit code 1
//! when anything is not as promised.
//!
//! `cargo run --release -p diesel-audit-soak -- pools|migrations|pgbouncer|order|million|faults|operations|attacks|crash|drift|identifiers|reconcile [--quick]`

// A command that counts has to print what it counted.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod faults;
mod attacks;
mod crash;
mod drift;
mod identifiers;
mod migrations;
mod million;
mod operations;
mod order;
mod pgbouncer;
mod pools;
mod reconcile;

use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str =
    "usage: diesel-audit-soak pools|migrations|pgbouncer|order|million|faults|operations|attacks|crash|drift|identifiers|reconcile [--quick]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let line = match words[..] {
        ["pools"] => pools::run(20_000).map(|f| (f.to_string(), f.as_promised())),
        ["pools", "--quick"] => pools::run(2_000).map(|f| (f.to_string(), f.as_promised())),
        ["migrations"] => migrations::run(40).map(|f| (f.to_string(), f.as_promised())),
        ["migrations", "--quick"] => migrations::run(10).map(|f| (f.to_string(), f.as_promised())),
        ["pgbouncer"] => pgbouncer::run(100_000).map(|f| (f.to_string(), f.as_promised())),
        ["pgbouncer", "--quick"] => pgbouncer::run(5_000).map(|f| (f.to_string(), f.as_promised())),
        ["order"] => order::run(Duration::from_secs(60)).map(|f| (f.to_string(), f.as_promised())),
        ["order", "--quick"] => {
            order::run(Duration::from_secs(5)).map(|f| (f.to_string(), f.as_promised()))
        }
        ["faults"] | ["faults", "--quick"] => {
            faults::run().map(|f| (f.to_string(), f.as_promised()))
        }
        ["million"] => million::run(1_000_000).map(|f| (f.to_string(), f.as_promised())),
        ["million", "--quick"] => million::run(20_000).map(|f| (f.to_string(), f.as_promised())),
        ["operations"] => operations::run(10_000).map(|f| (f.to_string(), f.as_promised())),
        ["operations", "--quick"] => operations::run(400).map(|f| (f.to_string(), f.as_promised())),
        // It takes seconds, so the short form is the whole.
        ["attacks"] | ["attacks", "--quick"] => {
            attacks::run().map(|f| (f.to_string(), f.as_promised()))
        }
        ["crash"] => crash::run(20, 100).map(|f| (f.to_string(), f.as_promised())),
        ["crash", "--quick"] => crash::run(3, 20).map(|f| (f.to_string(), f.as_promised())),
        ["drift"] => drift::run(drift::Extent::All).map(|f| (f.to_string(), f.as_promised())),
        ["drift", "--quick"] => {
            drift::run(drift::Extent::Sample).map(|f| (f.to_string(), f.as_promised()))
        }
        ["identifiers"] => identifiers::run(2_000, 1).map(|f| (f.to_string(), f.as_promised())),
        ["identifiers", "--quick"] => {
            identifiers::run(100, 8).map(|f| (f.to_string(), f.as_promised()))
        ["reconcile"] => reconcile::run(1_000_000).map(|f| (f.to_string(), f.as_promised())),
        ["reconcile", "--quick"] => {
            reconcile::run(20_000).map(|f| (f.to_string(), f.as_promised()))
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match line {
        Ok((line, as_promised)) => {
            println!("{line}");
            ExitCode::from(u8::from(!as_promised))
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
