//! Everything of ours that runs on a server, with hostile operators, functions, types and relations
//! on every kind of `search_path`: none of them is to be called, by whichever role.
//!
//! What a session of ours could do is played by a superuser, by the migrator and by the
//! owner of the audit; what an application does by the application, too, since a trigger runs
//! under the path of whoever writes.

mod act;
mod changes;
mod models;
mod paths;
mod probes;
mod report;
mod scene;
mod stage;
mod tasks;
mod writes;

use std::fmt;

use audit_test_server::Server;

use paths::Path;
use scene::Actor;
use stage::{Outcome, Stage};

/// What was played, and what came out.
#[derive(Debug, Default)]
pub(super) struct Figures {
    acts: usize,
    calls: i64,
    failures: usize,
    probes: usize,
    missed: usize,
}

impl Figures {
    pub(super) fn as_promised(&self) -> bool {
        self.acts > 0
            && self.calls == 0
            && self.failures == 0
            && self.probes > 0
            && self.missed == 0
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "hostile objects: {} statements of ours, {} calls, {} failed; {} calls made on purpose, {} not seen",
            self.acts, self.calls, self.failures, self.probes, self.missed,
        )
    }
}

/// The listing of what is called goes to the standard error.
pub(super) fn run(server: &Server, quick: bool) -> Outcome<Figures> {
    let mut stage = Stage::set(server, quick)?;
    let (probes, missed) = probes::run(&mut stage)?;
    for name in &missed {
        eprintln!("not seen: {name}");
    }
    let models = models::models(quick)?;
    for path in Path::ALL {
        stage.take(path)?;
        for actor in [Actor::Migrator, Actor::Superuser, Actor::Owner] {
            // The migrator's has all three in it.
            let is_short = quick && path != Path::First || path == Path::Clean;
            if is_short && actor != Actor::Migrator {
                continue;
            }
            if let Err(error) = stage.play(actor, &models) {
                // Nothing is where it should be: the next scene begins anew.
                stage.give_up(actor, &*error);
            }
        }
    }
    eprint!("{}", stage.report.listing());
    Ok(Figures {
        acts: stage.report.acts(),
        calls: stage.report.calls(),
        failures: stage.report.failures(),
        probes,
        missed: missed.len(),
    })
}
