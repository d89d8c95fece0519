//! The locks of a migration, taken before its first change.

use std::borrow::Cow;

use super::body::wrapped;
use super::settings;
use crate::evolution::Change;
use crate::migration::LockTimeout;
use crate::step::Step;
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::quote::{array, literal};
use diesel_audit_model::table::QualifiedName;

/// What a lock keeps out, the weaker first.
/// <https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES>
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    /// Writers. Readers go on.
    ShareRowExclusive,
    /// Everybody.
    AccessExclusive,
}

/// The statement that begins a migration: it takes all its locks, and every other
/// migration of ours waits for it. `shared` says that the application changes its
/// tables in the same transaction, for which it will ask for the strongest lock.
///
/// A writer locks its tables in an order of its own. So only the first lock is
/// waited for, with nothing held; when another one is not free, all are given
/// back. Even a short wait would be too long, since somebody may wait for the
/// first one since long before it was ours. A source comes before its audit
/// table: with the one locked, the other has no writers.
pub(super) fn start(steps: &[&Step], shared: bool, lock_timeout: &LockTimeout) -> String {
    let mut wanted = Wanted(Vec::new());
    for step in steps {
        match step {
            Step::Install(table) => wanted.want(&table.source, Mode::ShareRowExclusive),
            Step::Uninstall(table) | Step::Drop(table) => {
                wanted.want(&table.source, Mode::AccessExclusive);
            }
            Step::Change(change) => of_change(change, shared, &mut wanted),
        }
    }
    let mut arguments = vec![literal(&lock_timeout.to_string())];
    if !wanted.0.is_empty() {
        arguments.append(&mut tables(&wanted.0));
    }
    wrapped(
        1,
        &format!("SELECT {CORE_SCHEMA}.start("),
        &arguments,
        ");\n",
    )
}

/// Each table once. Those that are asked for first are waited for first.
struct Wanted<'a>(Vec<(Cow<'a, QualifiedName>, Mode)>);

impl<'a> Wanted<'a> {
    fn want(&mut self, table: &'a QualifiedName, mode: Mode) {
        self.add(Cow::Borrowed(table), mode);
    }

    fn add(&mut self, table: Cow<'a, QualifiedName>, mode: Mode) {
        match self.0.iter_mut().find(|(known, _)| *known == table) {
            Some((_, known)) => *known = mode.max(*known),
            None => self.0.push((table, mode)),
        }
    }
}

/// A function is replaced without a lock.
fn of_change<'a>(change: &'a Change, shared: bool, wanted: &mut Wanted<'a>) {
    let (old, new) = (&change.old.table, &change.new.table);
    let moves = change.moves();
    let (drops_index, creates_index) = super::index::drops_and_creates(change, &moves);
    let touches_history = !moves.is_empty()
        || drops_index
        || change.moves_key(&moves)
        || old.audit != new.audit
        || settings::defaults(old) != settings::defaults(new);
    let guards = old.policy.append_only != new.policy.append_only;
    let seals = old.policy.seals != new.policy.seals;
    let drops = old.trigger != new.trigger
        || super::trigger::drops(old, new)
        || super::condition::changes(change);
    let source = if drops || shared && !change.concerned().is_empty() {
        Some(Mode::AccessExclusive)
    } else if touches_history
        || creates_index
        || guards
        || seals
        || change.moves_function()
        || change.moves_source()
        || old.policy.operations != new.policy.operations
    {
        Some(Mode::ShareRowExclusive)
    } else {
        None
    };
    if let Some(mode) = source {
        // One of the two is the name of today.
        wanted.want(&old.source, mode);
        wanted.want(&new.source, mode);
    }
    if touches_history || guards && old.policy.append_only || seals && old.policy.seals {
        wanted.want(&old.audit, Mode::AccessExclusive);
    } else if creates_index || guards || seals {
        wanted.want(&old.audit, Mode::ShareRowExclusive);
    }
    // A sealer holds the audit table before it asks for the seals.
    if (touches_history || seals)
        && let Some(seals) = old.seal_table()
    {
        wanted.add(Cow::Owned(seals), Mode::AccessExclusive);
    }
}

/// The arguments for the core, which takes these locks or none.
fn tables(wanted: &[(Cow<'_, QualifiedName>, Mode)]) -> Vec<String> {
    let name = |(table, _): &(Cow<'_, QualifiedName>, Mode)| table.to_string();
    let all: Vec<String> = wanted.iter().map(name).collect();
    let is_exclusive = |(_, mode): &&(Cow<'_, QualifiedName>, Mode)| *mode == Mode::AccessExclusive;
    let exclusive: Vec<String> = wanted.iter().filter(is_exclusive).map(name).collect();
    let mut arguments = vec![array(&all)];
    if !exclusive.is_empty() {
        arguments.push(format!("exclusive => {}", array(&exclusive)));
    }
    arguments
}
