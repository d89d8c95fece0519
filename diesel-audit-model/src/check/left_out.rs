//! The rules for words that leave changes out: each has something to decide.

use super::{Problem, problem};
use crate::condition;
use crate::table::AuditedTable;

pub(super) fn check(table: &AuditedTable, problems: &mut Vec<Problem>) {
    let o = table.operations;
    if table.skip_unchanged && !o.update {
        problems.push(problem(
            table,
            "`skip_unchanged` is about updates, and no update is recorded",
        ));
    }
    let Some(condition) = &table.when else { return };
    if let Err(fault) = condition::check(condition) {
        problems.push(problem(table, format!("`when`: {fault}")));
    }
    if !(o.insert || o.update || o.delete) {
        problems.push(problem(
            table,
            "`when` is about changes of rows, and only TRUNCATE is recorded",
        ));
    }
}
