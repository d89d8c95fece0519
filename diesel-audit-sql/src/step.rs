//! A change of what is installed, and its inverse.

use crate::evolution::{Change, stored_by_change};
use crate::migration::LockTimeout;
use crate::render;
use diesel_audit_model::table::AuditedTable;

/// One step from one state of a database to the next.
///
/// The SQL of a way back is the SQL of the inverse step: nothing else writes
/// a "down".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Begin to audit a table. An audit table that is there from before is
    /// kept if its columns fit, and refused otherwise.
    Install(AuditedTable),
    /// Stop to audit a table. The audit table stays if it holds any row or if
    /// something depends on it, and is append-only if it was.
    Uninstall(AuditedTable),
    /// Stop to audit a table, and drop the audit table with all its rows.
    Drop(AuditedTable),
    /// Audit a table in another way than before. What was recorded stays.
    Change(Box<Change>),
}

impl Step {
    /// The step that undoes this one. Rows that [`Step::Drop`] has dropped do
    /// not come back.
    pub fn inverse(self) -> Step {
        match self {
            Step::Install(table) => Step::Uninstall(table),
            Step::Uninstall(table) | Step::Drop(table) => Step::Install(table),
            Step::Change(change) => Step::Change(Box::new(change.inverse())),
        }
    }

    /// The SQL of the step: statements for one transaction, with a final line
    /// break. The same step gives the same bytes.
    pub fn render(&self) -> String {
        render::script(&[self], &LockTimeout::default())
    }

    /// The SQL of the step after that of the core: for a database whose migrations do
    /// not bring the core. One that has it stays as it is.
    pub fn render_with_core(&self) -> String {
        format!("{}\n{}", crate::core::INSTALL, self.render())
    }

    /// What the step does, in one line.
    pub fn summary(&self) -> String {
        match self {
            Step::Install(table) => format!("Audit of {} in {}.", table.source, table.audit),
            Step::Uninstall(table) => format!(
                "End of the audit of {}. Its history stays in {}.",
                table.source, table.audit
            ),
            Step::Drop(table) => format!(
                "End of the audit of {}. Its history in {} is dropped.",
                table.source, table.audit
            ),
            Step::Change(change) => change.summary(),
        }
    }

    /// A name for the step, as the folder of its migration has it.
    pub fn name(&self) -> String {
        match self {
            Step::Install(table) => format!("audit_{}", table.source.name),
            Step::Uninstall(table) | Step::Drop(table) => {
                format!("end_audit_of_{}", table.source.name)
            }
            Step::Change(change) => format!("change_audit_of_{}", change.new.table.source.name),
        }
    }

    /// The columns that are stored by their change from now on, and of which
    /// nothing was stored until now.
    pub fn begun_values(&self) -> Vec<&str> {
        match self {
            Step::Install(table) => stored_by_change(table).collect(),
            Step::Change(change) => change.begun_values().collect(),
            Step::Uninstall(_) | Step::Drop(_) => Vec::new(),
        }
    }

    /// Whether the step only takes away. In a migration that changes the
    /// source table too, such a step comes first and every other one last.
    pub fn ends(&self) -> bool {
        matches!(self, Step::Uninstall(_) | Step::Drop(_))
    }
}
