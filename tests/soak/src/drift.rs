//! The source's column changes under the trigger, for forty types and in
//! thirteen ways each: what is written then is recorded as it is or refused by
//! a code that is documented, in a session that has run the trigger before and
//! in a new one alike.

mod changes;
mod trial;
mod types;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use audit_test_server::Server;
use diesel::connection::SimpleConnection;

use changes::{CHANGES, changes};
use trial::{Function, Outcome, Sessions, Trial};
use types::kinds;

/// The codes that README names for a column that is not the audit table's any more.
const DOCUMENTED: [&str; 2] = ["42703", "42804"];

/// Which trials there are.
#[derive(Clone, Copy)]
pub(crate) enum Extent {
    /// Every type with every change.
    All,
    /// Every type and every change, but not each with each.
    Sample,
}

/// What was done, and what came out.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    types: usize,
    trials: usize,
    exact: usize,
    refused: BTreeMap<String, usize>,
    /// Writes that are recorded without a column that only the source has: the
    /// limit that ARCHITECTURE names.
    without_new_column: usize,
    not_possible: usize,
    /// Rows that differ from what was written, and nobody was told.
    silent_losses: usize,
    undocumented: usize,
}

impl Figures {
    pub(crate) fn as_promised(&self) -> bool {
        self.types == 40
            && self.exact > 0
            && DOCUMENTED
                .iter()
                .all(|code| self.refused.contains_key(*code))
            && [self.not_possible, self.silent_losses, self.undocumented] == [0; 3]
    }

    fn count(&mut self, outcome: Outcome, of_source_only: bool) {
        match outcome {
            Outcome::Exact if of_source_only => self.without_new_column += 1,
            Outcome::Exact => self.exact += 1,
            Outcome::Refused(code) => *self.refused.entry(code).or_default() += 1,
            Outcome::Undocumented(_) => self.undocumented += 1,
            Outcome::Lost(_) => self.silent_losses += 1,
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused: Vec<String> = self
            .refused
            .iter()
            .map(|(code, times)| format!("{times} by {code}"))
            .collect();
        write!(
            f,
            "drift: {} types, {CHANGES} changes each, {} trials and {} that PostgreSQL has not; of the writes after them \
             {} exact, {} refused ({}), {} by a code that is not documented, {} silent losses; \
             {} writes recorded without a column that was added to the source only (a known limit)",
            self.types,
            self.trials,
            self.not_possible,
            self.exact,
            self.refused.values().sum::<usize>(),
            refused.join(", "),
            self.undocumented,
            self.silent_losses,
            self.without_new_column,
        )
    }
}

type AnyError = Box<dyn Error + Send + Sync>;

/// Goes through all trials, or a sample that is the same each time.
pub(crate) fn run(extent: Extent) -> Result<Figures, AnyError> {
    run_with(extent, 1, Function::Ours)
}

/// With one type in so many.
fn run_with(extent: Extent, one_in: usize, function: Function) -> Result<Figures, AnyError> {
    let server = Server::find()?;
    let database = server.create_database()?;
    let mut sessions = Sessions {
        owner: database.connect(),
        warm: database.connect(),
    };
    let owner = &mut sessions.owner;
    // No session of ours keeps a lock: who waits for long has found a fault.
    owner.batch_execute("SET lock_timeout = '1min'; CREATE SCHEMA elsewhere")?;
    let kinds = kinds(|extension| {
        let create = format!("CREATE EXTENSION {extension}");
        owner.batch_execute(&create).is_ok()
    });
    let mut figures = Figures {
        types: kinds.len(),
        ..Figures::default()
    };
    for (at, kind) in kinds.iter().enumerate().step_by(one_in) {
        for turn in 0..CHANGES {
            let in_sample = turn == at % CHANGES || turn == (at * 5 + 6) % CHANGES;
            if matches!(extent, Extent::Sample) && !in_sample {
                continue;
            }
            let n = at * CHANGES + turn;
            let change = changes(kind, n).swap_remove(turn);
            let trial = Trial {
                n,
                kind,
                change: &change,
                function,
            };
            trial
                .run(&database, &mut sessions, &mut figures)
                .map_err(|error| format!("{}, {}: {error}", kind.sql_type, change.name))?;
        }
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the run is for: without the condition, values are lost and nobody
    /// is told.
    #[test]
    fn a_function_that_assigns_is_found() {
        let figures = run_with(Extent::Sample, 3, Function::Assigning).expect("figures");
        assert!(figures.silent_losses > 10, "{figures}");
        assert!(!figures.as_promised());
    }
}
