//! The rules for words that leave changes out: each has something to decide.

use super::{Problem, problem};
use crate::table::AuditedTable;

pub(super) fn check(table: &AuditedTable, problems: &mut Vec<Problem>) {
    let o = table.operations;
    if table.skip_unchanged && !o.update {
        problems.push(problem(
            table,
            "`skip_unchanged` is about updates, and no update is recorded",
        ));
    }
}
