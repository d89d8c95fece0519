//! Steps as the two scripts of a migration.

use std::fmt;

use crate::render;
use crate::render::keyset::KeyProblem;
use crate::step::Step;

/// A way forth and its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The steps.
    pub up: Script,
    /// Their inverses, the last one first.
    pub down: Script,
}

/// The SQL of some steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// What comes before the statements that change the source tables, in one
    /// transaction with them: the locks, and steps that only take away.
    pub before: String,
    /// What comes after them; it may be empty.
    pub after: String,
    /// All of it, as a script of its own.
    pub whole: String,
}

/// The migration of some steps. Each script is meant for one transaction.
pub fn migration(steps: &[Step], lock_timeout: &LockTimeout) -> Migration {
    let back: Vec<Step> = steps.iter().rev().cloned().map(Step::inverse).collect();
    Migration {
        up: Script::of(steps, lock_timeout),
        down: Script::of(&back, lock_timeout),
    }
}

impl Migration {
    /// The same migration, which also begins the history of the rows that are
    /// there: a row `B` for each one without history, in one statement for each
    /// table whose audit begins. Writers wait until the migration ends, so it is
    /// for tables that are small enough. There is nothing to take back.
    ///
    /// # Errors
    /// When a table has no primary key.
    pub fn with_baseline(mut self, steps: &[Step]) -> Result<Migration, KeyProblem> {
        for step in steps {
            if let Step::Install(table) = step {
                let baseline = render::alone(&render::baseline::whole(table)?);
                for script in [&mut self.up.after, &mut self.up.whole] {
                    script.push('\n');
                    script.push_str(&baseline);
                }
            }
        }
        Ok(self)
    }
}

impl Script {
    fn of(steps: &[Step], lock_timeout: &LockTimeout) -> Script {
        let (ends, others): (Vec<&Step>, Vec<&Step>) = steps.iter().partition(|step| step.ends());
        let steps: Vec<&Step> = ends.into_iter().chain(others).collect();
        if steps.is_empty() {
            return Script::default();
        }
        let (before, after) = render::around(&steps, lock_timeout);
        Script {
            before,
            after,
            whole: render::script(&steps, lock_timeout),
        }
    }
}

/// How long a migration waits for a lock before it gives up, so that nobody
/// queues for long behind a migration that waits itself.
///
/// <https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockTimeout {
    milliseconds: u64,
    text: String,
}

impl LockTimeout {
    /// Reads a time such as `500ms`, `5s` or `2min`.
    ///
    /// # Errors
    /// Anything else, and no time at all: PostgreSQL takes 0 for ever.
    pub fn new(text: &str) -> Result<LockTimeout, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let factor = match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "min" => Some(60_000),
            _ => None,
        };
        let milliseconds = number
            .parse::<u64>()
            .ok()
            .zip(factor)
            .and_then(|(number, factor)| number.checked_mul(factor))
            // PostgreSQL keeps it in 32 bits.
            .filter(|milliseconds| (1..=2_147_483_647).contains(milliseconds));
        match milliseconds {
            Some(milliseconds) => Ok(LockTimeout {
                milliseconds,
                text: text.to_owned(),
            }),
            None => Err(format!(
                "`{text}` is no lock timeout: write a time above 0 such as `500ms`, `5s` or `2min`"
            )),
        }
    }

    /// The time as a number.
    pub fn milliseconds(&self) -> u64 {
        self.milliseconds
    }
}

impl Default for LockTimeout {
    /// Five seconds.
    fn default() -> Self {
        LockTimeout {
            milliseconds: 5_000,
            text: "5s".to_owned(),
        }
    }
}

/// Shows the time as it was written.
impl fmt::Display for LockTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
