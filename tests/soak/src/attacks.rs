//! What a plain role of an application tries after the script of `cargo
//! diesel-audit roles` has run: no change without its audit row, no row forged,
//! changed or lost, and nobody else kept from writing.
//!
//! That a role may claim any name in a context of its own is no attack: the
//! name is the application's claim, and `audit_session_user` is the database's
//! word. Nor is it one to lock a table that it may write to.

mod cast;
mod hostile;
mod judge;
mod list;
mod mutants;
mod stage;

use std::error::Error;
use std::fmt;

use audit_test_server::Server;

use list::{Attack, attacks};
use mutants::MUTANTS;
use stage::Stage;

/// What was done, and what came out.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    attacks: usize,
    played: usize,
    succeeded: usize,
    blocked: usize,
    mutants: usize,
    found: usize,
    hostile: hostile::Figures,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        self.attacks >= 40
            && self.played > self.attacks
            && self.succeeded == 0
            && self.blocked == 0
            && self.mutants > 0
            && self.found == self.mutants
            && self.hostile.as_promised()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "attacks: {} attacks, played {} times, {} succeeded, {} kept an honest client from writing; \
             {} protections taken away, {} found missing\n{}",
            self.attacks,
            self.played,
            self.succeeded,
            self.blocked,
            self.mutants,
            self.found,
            self.hostile,
        )
    }
}

/// Every attack on an application that may not read the history and on one that
/// may; then, with one protection taken away at a time, the attack that has to
/// succeed, so that the judge is known to see it; at last everything of ours under hostile
/// paths.
pub(crate) fn run(quick: bool) -> Result<Figures, Box<dyn Error + Send + Sync>> {
    let server = Server::find()?;
    let mut figures = Figures {
        attacks: attacks().count(),
        ..Figures::default()
    };
    for read_history in [false, true] {
        let mut stage = Stage::set(&server, read_history)?;
        for attack in attacks() {
            if read_history && attack.reads {
                continue;
            }
            figures.played += 1;
            let outcome = stage.play(attack)?;
            for (what, faults) in [
                ("succeeded", &outcome.faults),
                ("blocked", &outcome.blocked),
            ] {
                for fault in faults {
                    eprintln!("{what}: {}: {fault}", attack.name);
                }
            }
            figures.succeeded += usize::from(!outcome.faults.is_empty());
            figures.blocked += usize::from(!outcome.blocked.is_empty());
        }
    }
    for mutant in MUTANTS {
        figures.mutants += 1;
        let mut stage = Stage::set(&server, false)?;
        stage.take_away(mutant)?;
        let outcome = stage.play(find(mutant.attack)?)?;
        let seen = if mutant.blocks {
            &outcome.blocked
        } else {
            &outcome.faults
        };
        if seen.is_empty() {
            eprintln!("not found: {}, by {}", mutant.name, mutant.attack);
        } else {
            figures.found += 1;
        }
    }
    figures.hostile = hostile::run(&server, quick)?;
    Ok(figures)
}

fn find(name: &str) -> Result<&'static Attack, String> {
    let found = attacks().find(|attack| attack.name == name);
    found.ok_or_else(|| format!("there is no attack `{name}`"))
}
