//! The description of an audited table: plain data, shared by all crates.

use std::borrow::Cow;
use std::fmt;

use crate::names;
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
    /// Which operations are recorded.
    pub operations: Operations,
    /// Which contexts a write is recorded with.
    pub context: ContextScope,
    /// Whether a write without any context is recorded.
    pub unaudited: Unaudited,
    /// The longest value of a setting, in bytes, that a write is recorded with.
    pub max_value_bytes: usize,
    /// Whether a change or removal of audit rows is refused.
    pub append_only: bool,
    /// Whether an update that changes no recorded column is left out.
    pub skip_unchanged: bool,
    /// The condition under which a change of a row is recorded, as SQL over
    /// `OLD` and `NEW`.
    pub when: Option<Cow<'static, str>>,
    /// What is recorded of the session, each fact once, in the order of
    /// [`SessionFact::ALL`].
    pub record: Vec<SessionFact>,
    /// Whether the audit table is sealed: its rows are hashed into a chain after
    /// their commit.
    pub seals: bool,
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
        let wanted = self.operations;
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
        self.when.as_ref()?;
        Some(QualifiedName::new(
            self.audit.schema.clone(),
            names::condition_function(&self.function),
        ))
    }

    /// The table of the seals, with its schema; nothing if there are none.
    pub fn seal_table(&self) -> Option<QualifiedName> {
        self.seals.then(|| {
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

/// A fact about the session of a change that its audit row can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SessionFact {
    /// What the client calls itself.
    /// <https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-APPLICATION-NAME>
    ApplicationName,
    /// The address that the client connected from; nothing by a Unix socket.
    /// <https://www.postgresql.org/docs/current/functions-info.html>
    ClientAddr,
    /// The process of the server that made the change.
    BackendPid,
    /// The text of the statement that the client sent.
    Query,
}

impl SessionFact {
    /// Every fact, in the order of their columns.
    pub const ALL: [SessionFact; 4] = [
        SessionFact::ApplicationName,
        SessionFact::ClientAddr,
        SessionFact::BackendPid,
        SessionFact::Query,
    ];

    /// Its word in `record(..)`.
    pub const fn word(self) -> &'static str {
        match self {
            SessionFact::ApplicationName => "application_name",
            SessionFact::ClientAddr => "client_addr",
            SessionFact::BackendPid => "backend_pid",
            SessionFact::Query => "query",
        }
    }

    /// Its column in the audit table.
    pub const fn column(self) -> &'static str {
        match self {
            SessionFact::ApplicationName => "audit_application_name",
            SessionFact::ClientAddr => "audit_client_addr",
            SessionFact::BackendPid => "audit_backend_pid",
            SessionFact::Query => "audit_query",
        }
    }

    /// The type of that column.
    pub const fn sql_type(self) -> PgType {
        PgType::builtin(match self {
            SessionFact::ApplicationName | SessionFact::Query => "text",
            SessionFact::ClientAddr => "inet",
            SessionFact::BackendPid => "int4",
        })
    }

    /// The fact of a word, or nothing for any other text.
    pub fn from_word(word: &str) -> Option<SessionFact> {
        SessionFact::ALL
            .into_iter()
            .find(|fact| fact.word() == word)
    }
}

/// Which operations on the source table are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operations {
    /// INSERT, COPY, and the inserting half of MERGE and ON CONFLICT.
    pub insert: bool,
    /// UPDATE, also through ON CONFLICT, MERGE and foreign keys.
    pub update: bool,
    /// DELETE, also through MERGE and foreign keys.
    pub delete: bool,
    /// TRUNCATE of the table.
    pub truncate: bool,
}

impl Operations {
    /// Everything, which is the default.
    pub const ALL: Operations = Operations {
        insert: true,
        update: true,
        delete: true,
        truncate: true,
    };
}

impl Default for Operations {
    fn default() -> Self {
        Operations::ALL
    }
}

/// An operation on rows, which has a trigger and a function of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOperation {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

impl RowOperation {
    /// Every one of them, in the order in which they are installed.
    pub const ALL: [RowOperation; 3] = [
        RowOperation::Insert,
        RowOperation::Update,
        RowOperation::Delete,
    ];

    /// Its word in the names of trigger and function.
    pub const fn word(self) -> &'static str {
        match self {
            RowOperation::Insert => "insert",
            RowOperation::Update => "update",
            RowOperation::Delete => "delete",
        }
    }

    /// Its event.
    pub const fn event(self) -> &'static str {
        match self {
            RowOperation::Insert => "INSERT",
            RowOperation::Update => "UPDATE",
            RowOperation::Delete => "DELETE",
        }
    }

    /// What the audit row of the change holds, by its letter.
    pub const fn recorded_as(self) -> Operation {
        match self {
            RowOperation::Insert => Operation::Insert,
            RowOperation::Update => Operation::Update,
            RowOperation::Delete => Operation::Delete,
        }
    }

    /// The row in the trigger function that the audit row is made of.
    pub const fn row(self) -> &'static str {
        match self {
            RowOperation::Insert | RowOperation::Update => "NEW",
            RowOperation::Delete => "OLD",
        }
    }
}

/// For how long a context was set that a write may be recorded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContextScope {
    /// For the checkout or for the transaction of the write.
    #[default]
    Any,
    /// For the transaction of the write only: behind a pooler in transaction
    /// mode, a checkout's may be somebody else's.
    Transaction,
}

/// What becomes of a write whose checkout or transaction has no context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unaudited {
    /// It is recorded unless a required setting is missing.
    #[default]
    Allow,
    /// It is refused, also where no setting is required or there is none.
    Forbid,
}

/// What an audit row records, stored as one letter in `audit_operation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A row was inserted; the audit row holds it.
    Insert,
    /// A row was updated; the audit row holds the new one.
    Update,
    /// A row was deleted, or an update gave it another key; the audit row holds
    /// the old one.
    Delete,
    /// The table was truncated; no column of the source is set.
    Truncate,
    /// The row was there when auditing began.
    Baseline,
}

impl Operation {
    /// Every operation, in the order in which they are documented.
    pub const ALL: [Operation; 5] = [
        Operation::Insert,
        Operation::Update,
        Operation::Delete,
        Operation::Truncate,
        Operation::Baseline,
    ];

    /// The letter in the column `audit_operation`.
    pub const fn letter(self) -> &'static str {
        match self {
            Operation::Insert => "I",
            Operation::Update => "U",
            Operation::Delete => "D",
            Operation::Truncate => "T",
            Operation::Baseline => "B",
        }
    }

    /// The operation of a letter, or nothing for any other text.
    pub fn from_letter(letter: &str) -> Option<Operation> {
        Operation::ALL.into_iter().find(|o| o.letter() == letter)
    }
}

/// Shows the operation as a word: `insert`, `update`, `delete`, `truncate` or `baseline`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Operation::Insert => "insert",
            Operation::Update => "update",
            Operation::Delete => "delete",
            Operation::Truncate => "truncate",
            Operation::Baseline => "baseline",
        })
    }
}
