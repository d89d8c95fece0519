//! Every line of SQL of diesel-audit.
//!
//! Names pass [`crate::quote`]; everything that runs later, inside the
//! trigger function, is qualified with its schema, so that a caller's
//! `search_path` cannot redirect it.

pub(crate) mod append_only;
pub mod baseline;
mod block;
mod body;
pub mod catalog;
mod change;
mod changed;
mod columns;
mod condition;
pub mod context;
pub(crate) mod digest;
mod fit;
pub(crate) mod formats;
pub(crate) mod function;
pub(crate) mod hash_key;
mod history;
pub mod keyset;
mod left_out;
mod locks;
mod marker;
mod privileges;
pub mod reconcile;
pub mod refusal;
pub(crate) mod repair;
pub mod roles;
mod row;
pub(crate) mod seals;
pub(crate) mod table;
pub(crate) mod trigger;

use self::block::{PIN, UNPIN};
use crate::migration::LockTimeout;
use crate::quote;
use crate::step::Step;
use crate::table::AuditedTable;

/// Taken by every migration of ours until its transaction ends: PostgreSQL
/// answers two concurrent `CREATE OR REPLACE FUNCTION` with an internal error.
/// The number is `diesel-a` in ASCII.
const ADVISORY_LOCK: i64 = 0x6469_6573_656c_2d61;

/// The statements of some steps, for one transaction of their own.
pub(crate) fn script(steps: &[&Step], lock_timeout: &LockTimeout) -> String {
    let mut parts = head(steps, false, lock_timeout);
    for step in steps {
        parts.append(&mut body(step, steps.len() > 1));
    }
    parts.push(UNPIN.to_owned());
    parts.join("\n")
}

/// The statements of some steps that are to be in one transaction with the
/// application's own: what comes before those, and what comes after. In between, the
/// application's have the `search_path` that they came with.
pub(crate) fn around(steps: &[&Step], lock_timeout: &LockTimeout) -> (String, String) {
    let mut before = head(steps, true, lock_timeout);
    let mut after = Vec::new();
    for step in steps {
        let part = if step.ends() { &mut before } else { &mut after };
        part.append(&mut body(step, steps.len() > 1));
    }
    before.push(UNPIN.to_owned());
    if !after.is_empty() {
        after.insert(0, PIN.to_owned());
        after.push(UNPIN.to_owned());
    }
    (before.join("\n"), after.join("\n"))
}

/// The statements of a step without the locks before them.
pub(crate) fn step(step: &Step) -> String {
    body(step, false).join("\n")
}

fn head(steps: &[&Step], shared: bool, lock_timeout: &LockTimeout) -> Vec<String> {
    let titles: String = steps.iter().map(|step| title(step)).collect();
    let mut head = vec![titles + PIN + &alone(lock_timeout)];
    head.extend(locks::take(steps, shared, lock_timeout));
    head
}

/// Keeps other migrations of ours out until the transaction ends. Everybody who can
/// log in can hold this lock, so that it is not waited for without an end.
fn alone(lock_timeout: &LockTimeout) -> String {
    format!(
        "SET LOCAL lock_timeout = {};\n\
         SELECT pg_catalog.pg_advisory_xact_lock({ADVISORY_LOCK});\n",
        quote::literal(&lock_timeout.to_string()),
    )
}

/// Statements as a script of one transaction.
pub(crate) fn in_transaction(statements: &str, lock_timeout: &LockTimeout) -> String {
    format!(
        "BEGIN;\n{PIN}{}\n{statements}COMMIT;\n",
        alone(lock_timeout)
    )
}

/// Statements after those of a script, in its transaction.
pub(crate) fn further(statements: &str) -> String {
    format!("{PIN}{statements}{UNPIN}")
}

fn body(step: &Step, titled: bool) -> Vec<String> {
    let mut statements = match step {
        Step::Install(table) => install(table),
        Step::Uninstall(table) => uninstall(table, history::leave(table)),
        Step::Drop(table) => uninstall(table, history::drop(table)),
        Step::Change(change) => change::statements(change),
    };
    if titled && let Some(first) = statements.first_mut() {
        first.insert_str(0, &title(step));
    }
    statements
}

fn title(step: &Step) -> String {
    format!("-- {}\n", quote::comment(&step.summary()))
}

fn install(table: &AuditedTable) -> Vec<String> {
    let mut statements = vec![table::create(table), fit::check(&fit::Fit::strict(table))];
    statements.extend(table::index(table));
    statements.extend(condition::check(table));
    statements.extend(hash_key::create(table, None));
    statements.extend([function::create(table), privileges::close(table)]);
    statements.extend(append_only::create(table));
    statements.extend(seals::create(table));
    statements.push(trigger::create(table));
    statements
}

fn uninstall(table: &AuditedTable, history: String) -> Vec<String> {
    vec![trigger::drop(table), function::drop(table), history]
}
