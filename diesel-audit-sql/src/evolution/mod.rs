//! From what is installed to what the sources declare.

mod between;
mod change;
mod columns;
mod difference;
mod summary;

use std::borrow::Cow;

pub use change::Change;
pub(crate) use change::stored_by_change;
pub(crate) use columns::{Converted, Moves, Removed};
pub use difference::{Options, after, difference};

use diesel_audit_model::table::{AuditedTable, Column, QualifiedName};
use diesel_audit_model::types::PgType;

/// An audited table as the last migration has left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The table.
    pub table: AuditedTable,
    /// Columns of the audit table that nothing writes any more: their source
    /// columns or settings are gone, are excluded, or have got another type.
    pub retired: Vec<Retired>,
}

/// A column of an audit table that keeps what was recorded and gets no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// Its name in the audit table.
    pub name: Cow<'static, str>,
    /// Its type.
    pub sql_type: PgType,
}

/// An audited table as the sources declare it, with what they say of its past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The table.
    pub table: AuditedTable,
    /// What the source table was called before.
    pub renamed_from: Option<QualifiedName>,
    /// For a column that had another name, the new and the old one.
    pub renamed_columns: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// For a session setting, the text that rows from before it get. Without
    /// one they get NULL.
    pub defaults: Vec<(Cow<'static, str>, Cow<'static, str>)>,
}

impl From<AuditedTable> for Declared {
    /// A table without a past.
    fn from(table: AuditedTable) -> Declared {
        Declared {
            table,
            renamed_from: None,
            renamed_columns: Vec::new(),
            defaults: Vec::new(),
        }
    }
}

impl From<AuditedTable> for Installed {
    /// A table whose audit table has no retired column.
    fn from(table: AuditedTable) -> Installed {
        Installed {
            table,
            retired: Vec::new(),
        }
    }
}

impl Installed {
    /// Every column of the audit table but those that each one has: written
    /// ones first, then the retired.
    pub(crate) fn audit_columns(&self) -> impl Iterator<Item = (Cow<'static, str>, PgType)> {
        written(&self.table).chain(
            self.retired
                .iter()
                .map(|column| (column.name.clone(), column.sql_type.clone())),
        )
    }
}

/// The columns that the trigger function fills from session and source.
pub(crate) fn written(table: &AuditedTable) -> impl Iterator<Item = (Cow<'static, str>, PgType)> {
    let facts = table.policy.record.iter();
    let facts = facts.map(|fact| (Cow::Borrowed(fact.column()), fact.sql_type()));
    let settings = table.settings.iter().map(|setting| {
        let name = diesel_audit_model::names::setting_column(&setting.name);
        (Cow::Owned(name), setting.sql_type.clone())
    });
    let columns = table.recorded_columns().flat_map(Column::stored);
    let columns = columns.map(|stored| (stored.name, stored.sql_type));
    facts.chain(settings).chain(columns)
}
