//! Long runs that count mismatches: one line of figures each, and exit code 1
//! when anything is not as promised.
//!
//! `cargo run --release -p diesel-audit-soak -- NAME [--quick]`; without a name it
//! says which there are.

// A command that counts has to print what it counted.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod attacks;
mod crash;
mod drift;
mod faults;
mod identifiers;
mod migrations;
mod million;
mod operations;
mod order;
mod pgbouncer;
mod pools;
mod reconcile;
mod tamper;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

/// The figures of each run are of a type of its own.
macro_rules! figures {
    ($run:expr) => {
        $run.map(|figures| (figures.to_string(), figures.as_promised()))
    };
}

/// A line of figures, and whether they are as promised.
type Outcome = Result<(String, bool), Box<dyn Error + Send + Sync>>;

/// A run with its name; it is told whether to be quick.
type Run = (&'static str, fn(bool) -> Outcome);

const RUNS: [Run; 13] = [
    ("attacks", |quick| figures!(attacks::run(quick))),
    ("crash", |quick| {
        let (kills, terminated) = if quick { (3, 20) } else { (20, 100) };
        figures!(crash::run(kills, terminated))
    }),
    ("drift", |quick| {
        figures!(drift::run(if quick {
            drift::Extent::Sample
        } else {
            drift::Extent::All
        }))
    }),
    ("faults", |_| figures!(faults::run())),
    ("identifiers", |quick| {
        let (names, every_keyword) = if quick { (100, 8) } else { (2_000, 1) };
        figures!(identifiers::run(names, every_keyword))
    }),
    ("migrations", |quick| {
        figures!(migrations::run(if quick { 10 } else { 40 }))
    }),
    ("million", |quick| {
        figures!(million::run(if quick { 20_000 } else { 1_000_000 }))
    }),
    ("operations", |quick| {
        figures!(operations::run(if quick { 400 } else { 10_000 }))
    }),
    ("order", |quick| {
        figures!(order::run(Duration::from_secs(if quick { 5 } else { 60 })))
    }),
    ("pgbouncer", |quick| {
        figures!(pgbouncer::run(if quick { 5_000 } else { 100_000 }))
    }),
    ("pools", |quick| {
        figures!(pools::run(if quick { 2_000 } else { 20_000 }))
    }),
    ("reconcile", |quick| {
        figures!(reconcile::run(if quick { 20_000 } else { 1_000_000 }))
    }),
    ("tamper", |quick| {
        figures!(tamper::run(if quick { 200_000 } else { 1_000_000 }))
    }),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let asked = match words[..] {
        [name] => Some((name, false)),
        [name, "--quick"] => Some((name, true)),
        _ => None,
    };
    let run = asked.and_then(|(name, quick)| {
        let (_, run) = RUNS.iter().find(|(known, _)| *known == name)?;
        Some(run(quick))
    });
    match run {
        None => {
            let names: Vec<&str> = RUNS.iter().map(|(name, _)| *name).collect();
            eprintln!("usage: diesel-audit-soak {} [--quick]", names.join("|"));
            ExitCode::from(2)
        }
        Some(Ok((line, as_promised))) => {
            println!("{line}");
            ExitCode::from(u8::from(!as_promised))
        }
        Some(Err(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
