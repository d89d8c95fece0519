//! Every line of SQL of diesel-audit.
//!
//! Names pass [`diesel_audit_model::quote`]; everything that runs later, inside the
//! trigger function, is qualified with its schema, so that a caller's
//! `search_path` cannot redirect it.

pub(crate) mod append_only;
pub mod baseline;
mod body;
pub mod catalog;
mod change;
mod changed;
mod columns;
mod condition;
pub(crate) mod digest;
mod fit;
pub(crate) mod formats;
pub(crate) mod function;
mod history;
mod index;
pub mod keyset;
mod locks;
pub mod reconcile;
pub(crate) mod repair;
mod row;
pub(crate) mod seals;
pub(crate) mod settings;
pub(crate) mod table;
pub(crate) mod trigger;

use self::body::wrapped;
use crate::migration::LockTimeout;
use crate::state::state;
use crate::step::Step;
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::operation::RowOperation;
use diesel_audit_model::policy::{ContextScope, Unaudited};
use diesel_audit_model::quote::{self, array, literal};
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// The statements of some steps, for one transaction of their own.
pub(crate) fn script(steps: &[&Step], lock_timeout: &LockTimeout) -> String {
    let mut parts = Vec::new();
    for step in steps {
        parts.append(&mut body(step, steps.len() > 1));
    }
    together(head(steps, false, lock_timeout), parts)
}

/// Paragraphs between the first statements of a script and its last one. A single step
/// has no title of its own, and begins in the first paragraph.
fn together(head: String, mut parts: Vec<String>) -> String {
    match parts.first_mut() {
        Some(first) if !first.starts_with("--") => first.insert_str(0, &head),
        _ => parts.insert(0, head),
    }
    parts.join("\n") + &finish()
}

/// The statements of some steps that are to be in one transaction with the
/// application's own: what comes before those, and what comes after. In between,
/// the application's statements have the `search_path` that they came with.
pub(crate) fn around(steps: &[&Step], lock_timeout: &LockTimeout) -> (String, String) {
    let mut before = Vec::new();
    let mut after = Vec::new();
    for step in steps {
        let part = if step.ends() { &mut before } else { &mut after };
        part.append(&mut body(step, steps.len() > 1));
        if let Step::Change(change) = step {
            before.extend(condition::step_aside(change));
        }
    }
    let after = match after.is_empty() {
        true => String::new(),
        false => together(format!("SELECT {CORE_SCHEMA}.go_on();\n"), after),
    };
    (together(head(steps, true, lock_timeout), before), after)
}

/// The statements of a step without the locks before them, in the middle of a
/// script that has begun.
pub(crate) fn step(step: &Step) -> String {
    body(step, false).join("\n")
}

fn head(steps: &[&Step], shared: bool, lock_timeout: &LockTimeout) -> String {
    // Of several steps in a script of our own, each has its title where it begins.
    let titles: String = match steps {
        [_, _, ..] if !shared => String::new(),
        steps => steps.iter().map(|step| title(step)).collect(),
    };
    titles + &locks::start(steps, shared, lock_timeout)
}

/// Statements after a script that has ended, in its transaction.
pub(crate) fn alone(statements: &str) -> String {
    format!("SELECT {CORE_SCHEMA}.go_on();\n{statements}{}", finish())
}

fn finish() -> String {
    format!("SELECT {CORE_SCHEMA}.finish();\n")
}

/// Statements as a script of one transaction.
pub(crate) fn in_transaction(statements: &str, lock_timeout: &LockTimeout) -> String {
    format!(
        "BEGIN;\n{}{statements}{}COMMIT;\n",
        locks::start(&[], false, lock_timeout),
        finish()
    )
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

/// A comment, in lines that a reader need not scroll.
fn title(step: &Step) -> String {
    const WIDTH: usize = 118;
    let mut title = String::from("--");
    let mut width = title.len();
    for word in quote::comment(&step.summary()).split(' ') {
        let added = word.chars().count() + 1;
        if width + added > WIDTH && width > 2 {
            title.push_str("\n--");
            width = 2;
        }
        title.push(' ');
        title.push_str(word);
        width += added;
    }
    title + "\n"
}

/// What a reader of the first migration may wonder about.
const ABOUT_FUNCTIONS: &str = "\
-- Every name is qualified, so the functions need no search_path. Where a column has another type in the audit table
-- than in the source, the CASE is NULL, and the statement is refused.
";

fn install(table: &AuditedTable) -> Vec<String> {
    let mut create = expect(&table.audit, "NULL", &state(table)) + &table::create(table);
    create.push_str(&fit::check(&fit::Fit::strict(table)));
    create.push_str(&settings::set_defaults(table).unwrap_or_default());
    create.push_str(&index::create(table));
    let mut statements = vec![create];
    statements.extend(condition::create(table));
    statements.push(format!("{ABOUT_FUNCTIONS}{}", function::create(table)));
    let mut end = trigger::create(table);
    end.push_str(&append_only::create(table).unwrap_or_default());
    end.push_str(&seals::create(table).unwrap_or_default());
    end.push_str(&close(table, &literal(&table.source.to_string())));
    statements.push(end);
    statements
}

fn uninstall(table: &AuditedTable, history: String) -> Vec<String> {
    let condition = condition::drop(table).unwrap_or_default();
    vec![trigger::drop(table) + &function::drop(table) + &condition + &history]
}

fn expect(audit: &QualifiedName, from: &str, to: &str) -> String {
    format!(
        "SELECT {CORE_SCHEMA}.expect({}, from_state => {from}, to_state => {});\n",
        literal(&audit.to_string()),
        literal(to)
    )
}

/// Whether some changes of rows have no audit row, and no other trace.
fn hides(table: &AuditedTable) -> bool {
    table.policy.when.is_some() || table.row_operations().count() < RowOperation::ALL.len()
}

/// The end of a step that leaves the table audited. `source` is an expression for
/// the name of the source.
fn close(table: &AuditedTable, source: &str) -> String {
    let functions: Vec<String> = table.functions().iter().map(|f| format!("{f}()")).collect();
    let names = |required: bool| -> Vec<&str> {
        let settings = table.settings.iter().filter(|s| s.required == required);
        settings.map(|setting| &*setting.name).collect()
    };
    let (required, optional) = (names(true), names(false));
    let mut arguments = vec![
        source.to_owned(),
        literal(&table.audit.to_string()),
        format!("state => {}", literal(&state(table))),
        format!("functions => {}", array(&functions)),
        format!("key => {}", array(&table.primary_key)),
    ];
    if !required.is_empty() {
        arguments.push(format!("required => {}", array(&required)));
    }
    if !optional.is_empty() {
        arguments.push(format!("optional => {}", array(&optional)));
    }
    if !table.settings.is_empty() {
        arguments.push(format!("max_bytes => {}", table.policy.max_value_bytes));
    }
    if table.policy.context == ContextScope::Transaction {
        arguments.push(format!("scope => {}", literal(settings::scope(table))));
    }
    if table.policy.unaudited == Unaudited::Forbid {
        arguments.push("forbids_unaudited => true".to_owned());
    }
    if hides(table) {
        arguments.push("hides => true".to_owned());
    }
    if table.policy.operations.truncate {
        arguments.push(format!(
            "truncate_trigger => {}",
            literal(&trigger::truncate(&table.trigger))
        ));
    }
    wrapped(
        1,
        &format!("SELECT {CORE_SCHEMA}.close("),
        &arguments,
        ");\n",
    )
}
