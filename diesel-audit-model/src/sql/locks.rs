//! The locks of a migration, taken before its first change.

use std::borrow::Cow;

use super::block::pinned;
use crate::evolution::Change;
use crate::migration::LockTimeout;
use crate::quote::literal;
use crate::step::Step;
use crate::table::QualifiedName;

/// What a lock keeps out, the weaker first.
/// <https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES>
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    /// Writers. Readers go on.
    ShareRowExclusive,
    /// Everybody.
    AccessExclusive,
}

/// The statement that takes all locks, if one after the other could end in a
/// deadlock. `shared` says that the application changes its tables in the same
/// transaction, for which it will ask for the strongest lock.
///
/// A writer locks its tables in an order of its own. So only the first lock is
/// waited for, with nothing held; when another one is not free, all are given
/// back. Even a short wait would be too long, since somebody may wait for the
/// first one since long before it was ours. A source comes before its audit
/// table: with the one locked, the other has no writers.
///
/// A step by itself that begins or ends an audit has but one table to lock,
/// which its statements do.
pub(super) fn take(steps: &[&Step], shared: bool, lock_timeout: &LockTimeout) -> Option<String> {
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
    let alone = steps.len() == 1 && !matches!(steps[0], Step::Change(_));
    (!alone && !wanted.0.is_empty()).then(|| statement(&wanted.0, lock_timeout))
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
    let touches_history = !moves.is_empty() || change.moves_key(&moves) || old.audit != new.audit;
    let guards = old.append_only != new.append_only;
    let seals = old.seals != new.seals;
    let drops = old.trigger != new.trigger || super::trigger::drops(old, new);
    let source = if drops || shared && !change.concerned().is_empty() {
        Some(Mode::AccessExclusive)
    } else if touches_history
        || guards
        || seals
        || change.moves_function()
        || change.moves_source()
        || old.operations != new.operations
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
    if touches_history || guards && old.append_only || seals && old.seals {
        wanted.want(&old.audit, Mode::AccessExclusive);
    } else if guards || seals {
        wanted.want(&old.audit, Mode::ShareRowExclusive);
    }
    // A sealer holds the audit table before it asks for the seals.
    if (touches_history || seals)
        && let Some(seals) = old.seal_table()
    {
        wanted.add(Cow::Owned(seals), Mode::AccessExclusive);
    }
}

fn statement(wanted: &[(Cow<'_, QualifiedName>, Mode)], lock_timeout: &LockTimeout) -> String {
    let tables = wanted.iter().map(|(table, _)| literal(&table.to_string()));
    let modes = wanted.iter().map(|(_, mode)| {
        literal(match mode {
            Mode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Mode::AccessExclusive => "ACCESS EXCLUSIVE",
        })
    });
    let array = |items: Vec<String>| format!("ARRAY[{}]", items.join(", "));
    all(
        &array(tables.collect()),
        &array(modes.collect()),
        lock_timeout,
    )
}

/// Takes these locks, or none: `tables` and `modes` are expressions for two
/// arrays of text, and the second one may use the first as `tables`.
pub(super) fn all(tables: &str, modes: &str, lock_timeout: &LockTimeout) -> String {
    let declare = format!(
        "    tables constant text[] := {tables};
    modes constant text[] := {modes};
    deadline constant timestamptz := pg_catalog.clock_timestamp() + interval '{milliseconds} milliseconds';
",
        milliseconds = lock_timeout.milliseconds(),
    );
    let body = format!(
        "    LOOP
        BEGIN
            PERFORM pg_catalog.set_config('lock_timeout',
                greatest(1, ceil(1000 * extract(epoch FROM deadline - pg_catalog.clock_timestamp())))::integer::text, true);
            FOR n IN 1 .. pg_catalog.cardinality(tables) LOOP
                IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(tables[n]) AND relkind IN ('r', 'p')) THEN
                    EXECUTE pg_catalog.format('LOCK TABLE %s IN %s MODE%s', tables[n], modes[n],
                        CASE WHEN n > 1 THEN ' NOWAIT' END);
                END IF;
            END LOOP;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF pg_catalog.clock_timestamp() >= deadline THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_catalog.pg_sleep(0.01);
    END LOOP;
    PERFORM pg_catalog.set_config('lock_timeout', {lock_timeout}, true);
",
        lock_timeout = literal(&lock_timeout.to_string()),
    );
    format!(
        "-- All locks before the first change, and only the first is waited for: nobody is deadlocked.\n{}",
        pinned(&declare, &body, None)
    )
}
