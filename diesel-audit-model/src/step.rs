//! A change of what is installed, and its inverse.

use crate::sql;
use crate::table::AuditedTable;

/// One step from one state of a database to the next.
///
/// The SQL of a way back is the SQL of the inverse step: nothing else writes
/// a "down".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Begin to audit a table. An audit table that is there from before is
    /// kept if its columns fit, and refused otherwise.
    Install(AuditedTable),
    /// Stop to audit a table. The audit table and its rows stay.
    Uninstall(AuditedTable),
}

impl Step {
    /// The step that undoes this one.
    pub fn inverse(self) -> Step {
        match self {
            Step::Install(table) => Step::Uninstall(table),
            Step::Uninstall(table) => Step::Install(table),
        }
    }

    /// The SQL of the step: statements for one transaction, with a final line
    /// break. The same step gives the same bytes.
    pub fn render(&self) -> String {
        match self {
            Step::Install(table) => sql::install(table),
            Step::Uninstall(table) => sql::uninstall(table),
        }
    }
}
