//! Every line of SQL of diesel-audit.
//!
//! Names pass [`crate::quote`]; everything that runs later, inside the
//! trigger function, is qualified with its schema, so that a caller's
//! `search_path` cannot redirect it.

mod body;
mod change;
mod columns;
pub mod context;
mod fit;
mod function;
mod history;
mod locks;
mod privileges;
pub mod refusal;
mod row;
mod table;
mod trigger;

use crate::migration::LockTimeout;
use crate::quote;
use crate::step::Step;
use crate::table::AuditedTable;

/// Taken by every migration of ours until its transaction ends: PostgreSQL
/// answers two concurrent `CREATE OR REPLACE FUNCTION` with an internal error.
/// The number is `diesel-a` in ASCII.
const ADVISORY_LOCK: i64 = 0x6469_6573_656c_2d61;

/// The statements of some steps, for one transaction.
pub(crate) fn script(steps: &[&Step], lock_timeout: &LockTimeout) -> String {
    let titles: Vec<String> = steps.iter().map(|step| title(step)).collect();
    let mut parts = vec![format!(
        "{}SELECT pg_catalog.pg_advisory_xact_lock({ADVISORY_LOCK});\n\
         SET LOCAL lock_timeout = {};\n",
        titles.concat(),
        quote::literal(&lock_timeout.to_string()),
    )];
    parts.extend(locks::take(steps, lock_timeout));
    for (step, title) in steps.iter().zip(titles) {
        let mut statements = match step {
            Step::Install(table) => install(table),
            Step::Uninstall(table) => uninstall(table, history::leave(table)),
            Step::Drop(table) => uninstall(table, history::drop(table)),
            Step::Change(change) => change::statements(change),
        };
        if steps.len() > 1
            && let Some(first) = statements.first_mut()
        {
            first.insert_str(0, &title);
        }
        parts.append(&mut statements);
    }
    parts.join("\n")
}

fn title(step: &Step) -> String {
    format!("-- {}\n", quote::comment(&step.summary()))
}

fn install(table: &AuditedTable) -> Vec<String> {
    vec![
        table::create(table),
        fit::check(&fit::Fit::strict(table)),
        table::indexes(table),
        function::create(table),
        privileges::close(table),
        trigger::create(table),
    ]
}

fn uninstall(table: &AuditedTable, history: String) -> Vec<String> {
    vec![trigger::drop(table), function::drop(table), history]
}
