//! The description of an audited table: plain data, shared by all crates.

use std::borrow::Cow;
use std::fmt;

use crate::names;
use crate::operation::RowOperation;
use crate::policy::Policy;
use crate::quote;
use crate::types::PgType;

/// One audited table: where the rows come from, where their history goes, and
/// what else is recorded.
///
/// Derived code builds it from what the compiler knows of the model's
/// `table!`; tools build it from the sources. `diesel_audit_sql::Step` renders it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedTable {
    /// The table whose changes are recorded.
    pub source: QualifiedName,
    /// The audit table.
    pub audit: QualifiedName,
    /// What the trigger functions are named after; they live in the schema of the
    /// audit table.
    pub function: Cow<'static, str>,
    /// What the triggers are named after.
    pub trigger: Cow<'static, str>,
    /// The session settings that are copied into each audit row, in the order
    /// of their declaration.
    pub settings: Vec<Setting>,
    /// All columns of the source table, in the order of its `table!`.
    pub columns: Vec<Column>,
    /// The names of the primary key's columns, in key order.
    pub primary_key: Vec<Cow<'static, str>>,
    /// Columns of the source that are known by name only and not recorded:
    /// the table has them, `table!` does not.
    pub unlisted: Vec<Cow<'static, str>>,
    /// How its changes are recorded.
    pub policy: Policy,
}

impl AuditedTable {
    /// The columns that go into the audit table.
    pub fn recorded_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns
            .iter()
            .filter(|column| column.recording != Recording::Excluded)
    }

    /// The operations on rows that are recorded.
    pub fn row_operations(&self) -> impl Iterator<Item = RowOperation> {
        let wanted = self.policy.operations;
        RowOperation::ALL
            .into_iter()
            .filter(move |operation| match operation {
                RowOperation::Insert => wanted.insert,
                RowOperation::Update => wanted.update,
                RowOperation::Delete => wanted.delete,
            })
    }

    /// The trigger function of an operation, with its schema.
    pub fn function_of(&self, operation: RowOperation) -> QualifiedName {
        QualifiedName::new(
            self.audit.schema.clone(),
            names::of_operation(&self.function, operation.word()),
        )
    }

    /// All trigger functions of its own.
    pub fn functions(&self) -> Vec<QualifiedName> {
        self.row_operations()
            .map(|operation| self.function_of(operation))
            .collect()
    }

    /// The function of the condition, with its schema; nothing without one.
    pub fn condition_function(&self) -> Option<QualifiedName> {
        self.policy.when.as_ref()?;
        Some(QualifiedName::new(
            self.audit.schema.clone(),
            names::condition_function(&self.function),
        ))
    }

    /// The table of the seals, with its schema; nothing if there are none.
    pub fn seal_table(&self) -> Option<QualifiedName> {
        self.policy.seals.then(|| {
            QualifiedName::new(
                self.audit.schema.clone(),
                names::seal_table(&self.audit.name),
            )
        })
    }
}

/// A schema and a name in it; never split at a dot, never quoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QualifiedName {
    /// The schema, for example `public`.
    pub schema: Cow<'static, str>,
    /// The name of the object in its schema.
    pub name: Cow<'static, str>,
}

impl QualifiedName {
    /// A name in a schema, both as PostgreSQL's catalog spells them.
    pub fn new(
        schema: impl Into<Cow<'static, str>>,
        name: impl Into<Cow<'static, str>>,
    ) -> QualifiedName {
        QualifiedName {
            schema: schema.into(),
            name: name.into(),
        }
    }
}

/// Shows the name as SQL does, in quotes where it needs them.
impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}",
            quote::identifier(&self.schema),
            quote::identifier(&self.name)
        )
    }
}

/// A session setting `audit.<name>` that is stored in the column `audit_<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The name without the prefix: `[a-z][a-z0-9_]{0,40}`.
    pub name: Cow<'static, str>,
    /// The type of its column in the audit table.
    pub sql_type: PgType,
    /// Whether a write without it is refused.
    pub required: bool,
    /// Whether the audit table has an index on its column, for the changes under one value.
    pub index: bool,
}

/// A column of the source table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name in PostgreSQL.
    pub name: Cow<'static, str>,
    /// The type that `table!` gives it, without nullability.
    pub sql_type: PgType,
    /// What of it is recorded.
    pub recording: Recording,
}

/// What an audit row holds of a column of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Recording {
    /// Its value.
    #[default]
    Value,
    /// Nothing: the model keeps it out of the audit table.
    Excluded,
    /// Whether it changed, and no value.
    Redact,
    /// A keyed digest of its value.
    Hash,
    /// Its value where it changed, and otherwise that it did not.
    OnChange,
}

impl Column {
    /// The columns of the audit table that hold what is recorded of it.
    pub fn stored(&self) -> Vec<StoredColumn> {
        let value = || StoredColumn {
            name: self.name.clone(),
            sql_type: self.sql_type.clone(),
            is_value: true,
        };
        let ours = |name: String, sql_type| StoredColumn {
            name: name.into(),
            sql_type: PgType::builtin(sql_type),
            is_value: false,
        };
        let changed = || ours(names::changed_column(&self.name), "bool");
        match self.recording {
            Recording::Value => vec![value()],
            Recording::Excluded => Vec::new(),
            Recording::Redact => vec![changed()],
            Recording::Hash => vec![ours(names::hash_column(&self.name), "bytea")],
            Recording::OnChange => vec![value(), changed()],
        }
    }
}

/// A column of the audit table that holds something of a column of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredColumn {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its type.
    pub sql_type: PgType,
    /// Whether it holds the value itself, under the name that the source has.
    pub is_value: bool,
}

impl Recording {
    /// Those that a word on the column's field asks for.
    pub const WORDS: [Recording; 3] = [Recording::Redact, Recording::Hash, Recording::OnChange];

    /// Whether the audit table has a column for the value itself.
    pub const fn stores_value(self) -> bool {
        matches!(self, Recording::Value | Recording::OnChange)
    }

    /// The word on the column's field, where there is one.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Recording::Value | Recording::Excluded => None,
            Recording::Redact => Some("redact"),
            Recording::Hash => Some("hash"),
            Recording::OnChange => Some("on_change"),
        }
    }
}
