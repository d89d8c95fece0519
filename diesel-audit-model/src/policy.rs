//! How the changes of a table are recorded: the switches of `#[audit(..)]`.
//!
//! A new switch is a field here. Everything that reads, writes or compares a policy takes it
//! apart without `..`, so that the compiler names each place that has to know it.

use std::borrow::Cow;

use crate::table::Recording;
use crate::types::PgType;
use crate::value::MAX_VALUE_BYTES;

/// The switches of an audited table, each once.
///
/// The reader of `#[audit(..)]` fills it, the derive writes it as a constant, and the lock
/// file keeps what differs from the default.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Policy {
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
    pub record: Cow<'static, [SessionFact]>,
    /// Whether the audit table is sealed: its rows are hashed into a chain after
    /// their commit.
    pub seals: bool,
}

impl Policy {
    /// What a model without any switch says.
    pub const DEFAULT: Policy = Policy {
        operations: Operations::ALL,
        context: ContextScope::Any,
        unaudited: Unaudited::Allow,
        max_value_bytes: MAX_VALUE_BYTES,
        append_only: false,
        skip_unchanged: false,
        when: None,
        record: Cow::Borrowed(&[]),
        seals: false,
    };

    /// What the switches contradict each other in, each with the switch that it is about.
    pub fn contradictions(&self) -> Vec<(Switch, Conflict)> {
        let o = self.operations;
        let mut found = Vec::new();
        if self.skip_unchanged && !o.update {
            let conflict = Conflict {
                message: "`skip_unchanged` is about updates, and no update is recorded".to_owned(),
                help: "remove the word, or add `update` to `operations(..)`".to_owned(),
            };
            found.push((Switch::SkipUnchanged, conflict));
        }
        if self.when.is_some() && !(o.insert || o.update || o.delete) {
            let conflict = Conflict {
                message: "`when` is about changes of rows, and only TRUNCATE is recorded".to_owned(),
                help: "remove the condition, or add `insert`, `update` or `delete` to `operations(..)`"
                    .to_owned(),
            };
            found.push((Switch::When, conflict));
        }
        found
    }

    /// Why a column cannot be recorded in this way beside the switches.
    pub fn conflicts(&self, recording: Recording) -> Vec<Conflict> {
        let Some(word) = recording.word() else {
            return Vec::new();
        };
        let conflict = |why: &str, help: String| Conflict {
            message: format!("a column cannot be `{word}` {why}"),
            help,
        };
        let mut found = Vec::new();
        match recording {
            Recording::Value | Recording::Excluded => {}
            // The text of a statement may hold the value.
            Recording::Redact | Recording::Hash => {
                if self.record.contains(&SessionFact::Query) {
                    found.push(conflict(
                        "beside `record(query)`: the text of a statement may hold its value",
                        format!("remove `query` from `record(..)`, or `{word}`"),
                    ));
                }
            }
            // The value is that of an earlier row, so each change of it has to have a row.
            Recording::OnChange => {
                if self.when.is_some() {
                    found.push(conflict(
                        "beside `when`: the condition may leave out the change of its value",
                        "remove `on_change`, or `when`".to_owned(),
                    ));
                }
                let o = self.operations;
                for (is_recorded, operation) in [(o.insert, "insert"), (o.update, "update")] {
                    if !is_recorded {
                        found.push(conflict(
                            &format!("without the operation `{operation}`: such a change may be the one of its value"),
                            format!("add `{operation}` to `operations(..)`, or remove `on_change`"),
                        ));
                    }
                }
            }
        }
        found
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy::DEFAULT
    }
}

/// A switch whose word an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// `skip_unchanged`.
    SkipUnchanged,
    /// `when = ".."`.
    When,
}

/// What cannot be said together, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What cannot be.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// Which operations on the source table are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
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

/// For how long a context was set that a write may be recorded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Unaudited {
    /// It is recorded unless a required setting is missing.
    #[default]
    Allow,
    /// It is refused, also where no setting is required or there is none.
    Forbid,
}

/// A fact about the session of a change that its audit row can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
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
