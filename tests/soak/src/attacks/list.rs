//! The attacks, as data.

mod claims;
mod definitions;
mod rows;
mod sessions;

/// A statement that begins so runs in a transaction with a context of Bob's.
pub(super) const AS_BOB: &str = "as bob: ";

/// A statement that connects anew.
pub(super) const RECONNECT: &str = "reconnect";

#[derive(Clone, Copy)]
pub(super) enum Who {
    /// The role that the script has set up.
    Application,
    /// A role that may read and insert rows of one table.
    Mallory,
}

/// What somebody tries. Any statement may fail, and the next one is tried all the
/// same. `{app}`, `{mallory}`, `{migrator}` and `{owner}` are roles, `{attacker}`
/// is the one that acts; it has a schema `evil` of its own.
pub(super) struct Attack {
    pub(super) name: &'static str,
    pub(super) by: Who,
    pub(super) sql: &'static [&'static str],
    /// A query for how often it got what it wants, beyond what holds always;
    /// `{last}` is the last `audit_id` from before. Or `any write`.
    pub(super) success: &'static str,
    /// Startup options of its connections.
    pub(super) options: &'static str,
    /// Whether it is to read the history, which is granted in half of the runs.
    pub(super) reads: bool,
}

pub(super) fn attacks() -> impl Iterator<Item = &'static Attack> {
    [
        rows::ATTACKS,
        definitions::ATTACKS,
        claims::ATTACKS,
        sessions::ATTACKS,
    ]
    .into_iter()
    .flatten()
}

const fn app(name: &'static str, sql: &'static [&'static str]) -> Attack {
    Attack {
        name,
        by: Who::Application,
        sql,
        success: "",
        options: "",
        reads: false,
    }
}

const fn mallory(name: &'static str, sql: &'static [&'static str]) -> Attack {
    Attack {
        by: Who::Mallory,
        ..app(name, sql)
    }
}

impl Attack {
    const fn gets(self, success: &'static str) -> Attack {
        Attack { success, ..self }
    }

    const fn with(self, options: &'static str) -> Attack {
        Attack { options, ..self }
    }

    /// What it reads it puts into `evil.loot`.
    const fn reads(self) -> Attack {
        Attack {
            reads: true,
            ..self.gets("SELECT count(*) FROM evil.loot")
        }
    }
}
