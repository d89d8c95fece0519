//! The rules for an audited table as a whole; each function is one rule.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::condition;
use crate::names;
use crate::policy::Unaudited;
use crate::table::{AuditedTable, Column, Recording, StoredColumn};
use crate::value::{VALUE_BYTES, index_problem};

/// PostgreSQL's limit for the columns of a table.
/// <https://www.postgresql.org/docs/current/limits.html>
pub const MAX_COLUMNS: usize = 1600;

/// One thing that keeps a table from being audited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    subject: String,
    message: String,
}

impl Problem {
    /// A problem with `subject`, for example the table or the column.
    pub fn new(subject: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem {
            subject: subject.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}

/// Everything that keeps a set of tables from being audited, all at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems(vec![problem])
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(problems: Vec<Problem>) -> Self {
        Problems(problems)
    }
}

/// Checks one table by every rule.
///
/// # Errors
/// All the problems that were found.
pub fn check(table: &AuditedTable) -> Result<(), Problems> {
    let mut problems = Vec::new();
    names_fit(table, &mut problems);
    settings_are_named_well(table, &mut problems);
    settings_fit_their_index(table, &mut problems);
    reasons_can_be_given(table, &mut problems);
    values_have_a_limit(table, &mut problems);
    columns_are_distinct(table, &mut problems);
    key_is_recorded(table, &mut problems);
    something_is_recorded(table, &mut problems);
    the_condition_is_one(table, &mut problems);
    facts_are_in_order(table, &mut problems);
    switches_agree(table, &mut problems);
    changes_have_an_earlier_row(table, &mut problems);
    the_core_is_free(table, &mut problems);
    columns_fit(table, &mut problems);
    result(problems)
}

/// Checks tables that are to be installed together: each by itself, and that
/// no two of them claim one name.
///
/// # Errors
/// All the problems that were found.
pub fn check_together(tables: &[AuditedTable]) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for table in tables {
        if let Err(Problems(more)) = check(table) {
            problems.extend(more);
        }
    }
    no_name_is_claimed_twice(tables, &mut problems);
    result(problems)
}

fn result(problems: Vec<Problem>) -> Result<(), Problems> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problems(problems))
    }
}

/// PostgreSQL cuts an identifier at 63 bytes without an error, and has no
/// empty ones; two names that differ behind the cut would be one.
fn names_fit(table: &AuditedTable, problems: &mut Vec<Problem>) {
    let parts = [
        ("source schema", &table.source.schema),
        ("source table", &table.source.name),
        ("audit schema", &table.audit.schema),
        ("audit table", &table.audit.name),
        ("trigger function", &table.function),
        ("trigger", &table.trigger),
    ];
    for (part, name) in parts {
        let fault = match name {
            name if name.is_empty() => "is empty".to_owned(),
            name if name.contains('\0') => "holds a NUL character".to_owned(),
            name if name.len() > names::MAX_IDENTIFIER_BYTES => {
                format!("`{name}` has {} bytes, PostgreSQL keeps 63", name.len())
            }
            _ => continue,
        };
        problems.push(problem(table, format!("the name of the {part} {fault}")));
    }
    if table.audit == table.source {
        problems.push(problem(table, "the table would be its own audit table"));
    }
}

/// The name becomes part of `audit.<name>`, which PostgreSQL folds and parses.
fn settings_are_named_well(table: &AuditedTable, problems: &mut Vec<Problem>) {
    for setting in &table.settings {
        if let Some(fault) = names::setting_name_problem(&setting.name) {
            problems.push(problem(
                table,
                format!("session setting `{}`: {fault}", setting.name),
            ));
        }
    }
}

fn settings_fit_their_index(table: &AuditedTable, problems: &mut Vec<Problem>) {
    for setting in table.settings.iter().filter(|setting| setting.index) {
        if let Some(conflict) = index_problem(&setting.sql_type, table.policy.max_value_bytes) {
            let message = format!("session setting `{}`: {}", setting.name, conflict.message);
            problems.push(problem(table, message));
        }
    }
}

/// The setting has a value only where there is no context.
fn reasons_can_be_given(table: &AuditedTable, problems: &mut Vec<Problem>) {
    let is_declared = table.settings.iter().any(|s| s.name == names::UNAUDITED);
    if table.policy.unaudited == Unaudited::Forbid && is_declared {
        problems.push(problem(
            table,
            format!(
                "session setting `{}`: it would never have a value, writes without a context are forbidden",
                names::UNAUDITED
            ),
        ));
    }
}

/// Without one, a request could fill the disk.
fn values_have_a_limit(table: &AuditedTable, problems: &mut Vec<Problem>) {
    if !VALUE_BYTES.contains(&table.policy.max_value_bytes) {
        problems.push(problem(
            table,
            format!(
                "values of settings of at most {} bytes; it has to be {} to {}",
                table.policy.max_value_bytes,
                VALUE_BYTES.start(),
                VALUE_BYTES.end()
            ),
        ));
    }
}

/// The audit table holds its own columns, the settings' and the source's side
/// by side.
fn columns_are_distinct(table: &AuditedTable, problems: &mut Vec<Problem>) {
    let own =
        names::AUDIT_COLUMNS
            .into_iter()
            .chain([names::REPLACES, names::VERSION, names::ENDED]);
    let mut owners: BTreeMap<Cow<'_, str>, String> = own
        .map(|name| (name.into(), "a column of every audit table".to_owned()))
        .collect();
    let settings = table.settings.iter().map(|setting| {
        let owner = format!("the session setting `{}`", setting.name);
        (Cow::from(names::setting_column(&setting.name)), owner)
    });
    let facts = table.policy.record.iter().map(|fact| {
        let owner = format!("`{}` of `record(..)`", fact.word());
        (Cow::from(fact.column()), owner)
    });
    let columns = table.recorded_columns().flat_map(|column| {
        let owned = move |stored: StoredColumn| {
            let owner = match stored.is_value {
                true => format!("the column `{}` of the table", column.name),
                false => format!("what is recorded of the column `{}`", column.name),
            };
            (stored.name, owner)
        };
        column.stored().into_iter().map(owned)
    });
    for (name, owner) in facts.chain(settings).chain(columns) {
        if let Some(first) = owners.get(&name) {
            problems.push(problem(
                table,
                format!("`{name}` would be both {first} and {owner}; exclude or rename one"),
            ));
        } else {
            owners.insert(name, owner);
        }
    }
}

/// Without its key a row has no history.
fn key_is_recorded(table: &AuditedTable, problems: &mut Vec<Problem>) {
    for key in &table.primary_key {
        match table.columns.iter().find(|column| column.name == *key) {
            None => problems.push(problem(
                table,
                format!("the key column `{key}` is not in the table"),
            )),
            Some(column) if column.recording == Recording::Excluded => problems.push(problem(
                table,
                format!("`{key}` is part of the primary key and cannot be excluded"),
            )),
            Some(column) => {
                if let Some(word) = column.recording.word() {
                    problems.push(problem(
                        table,
                        format!("`{key}` is part of the primary key and cannot be `{word}`"),
                    ));
                }
            }
        }
    }
}

/// A trigger for no operation cannot be made.
fn something_is_recorded(table: &AuditedTable, problems: &mut Vec<Problem>) {
    let o = table.policy.operations;
    if !(o.insert || o.update || o.delete || o.truncate) {
        problems.push(problem(table, "no operation is recorded"));
    }
}

/// It stands between parentheses, in any session.
fn the_condition_is_one(table: &AuditedTable, problems: &mut Vec<Problem>) {
    if let Some(when) = &table.policy.when
        && let Err(fault) = condition::check(when)
    {
        problems.push(problem(table, format!("`when`: {fault}")));
    }
}

/// The order of their columns is theirs.
fn facts_are_in_order(table: &AuditedTable, problems: &mut Vec<Problem>) {
    if !table.policy.record.is_sorted_by(|a, b| a < b) {
        let message = "the facts of `record(..)` are not each there once, in their order";
        problems.push(problem(table, message));
    }
}

fn switches_agree(table: &AuditedTable, problems: &mut Vec<Problem>) {
    for (_, conflict) in table.policy.contradictions() {
        problems.push(problem(table, conflict.message));
    }
    for column in &table.columns {
        for conflict in table.policy.conflicts(column.recording) {
            let message = format!("`{}`: {}", column.name, conflict.message);
            problems.push(problem(table, message));
        }
    }
}

/// Where a column is stored by its change, its value is that of an earlier row of the key.
fn changes_have_an_earlier_row(table: &AuditedTable, problems: &mut Vec<Problem>) {
    let mut columns = table.columns.iter();
    if table.primary_key.is_empty()
        && let Some(column) = columns.find(|column| column.recording == Recording::OnChange)
    {
        let message = format!(
            "`{}` cannot be `on_change` without a primary key: no earlier row has its value",
            column.name
        );
        problems.push(problem(table, message));
    }
}

/// The core has a schema to itself.
fn the_core_is_free(table: &AuditedTable, problems: &mut Vec<Problem>) {
    if table.audit.schema == names::CORE_SCHEMA {
        problems.push(problem(
            table,
            format!(
                "the audit table cannot be in the schema `{}`, which holds the core; name another one by `#[audit(schema = \"..\")]`",
                names::CORE_SCHEMA
            ),
        ));
    }
}

/// The audit table is wider than the source by its own columns.
fn columns_fit(table: &AuditedTable, problems: &mut Vec<Problem>) {
    let stored = table.recorded_columns().flat_map(Column::stored).count();
    // And the three that keep the order.
    let own = names::AUDIT_COLUMNS.len() + 3;
    let width = own + table.policy.record.len() + table.settings.len() + stored;
    if width > MAX_COLUMNS {
        problems.push(problem(
            table,
            format!("the audit table would have {width} columns, PostgreSQL allows {MAX_COLUMNS}; exclude some"),
        ));
    }
}

/// The second of two tables would write into the first one's history.
fn no_name_is_claimed_twice(tables: &[AuditedTable], problems: &mut Vec<Problem>) {
    let mut claimed = BTreeMap::new();
    for table in tables {
        let functions = table
            .functions()
            .into_iter()
            .chain(table.condition_function());
        let functions = functions.map(|name| ("trigger function", format!("{name}()")));
        let tables = std::iter::once(table.audit.clone()).chain(table.seal_table());
        let tables = tables.map(|name| ("audit table", name.to_string()));
        let claims = tables.chain(functions);
        for claim in claims {
            if let Some(first) = claimed.insert(claim.clone(), table)
                && !std::ptr::eq(first, table)
            {
                let (what, name) = claim;
                problems.push(problem(
                    table,
                    format!(
                        "{what} {name} is also that of {}; name one by `#[audit(..)]`",
                        first.source
                    ),
                ));
            }
        }
    }
}

fn problem(table: &AuditedTable, message: impl Into<String>) -> Problem {
    Problem::new(format!("audit of {}", table.source), message)
}
