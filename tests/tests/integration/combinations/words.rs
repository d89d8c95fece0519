//! The words, and which of them do not go together.

use std::borrow::Cow;

use diesel_audit_model::{
    AuditedTable, ContextScope, Operations, Recording, SessionFact, Unaudited,
};

/// A word, as the description has it.
pub(super) struct Word {
    /// As it is written.
    pub(super) name: &'static str,
    pub(super) say: fn(&mut AuditedTable),
}

/// The columns that the words on a field are about.
pub(super) const REDACTED: &str = "a";
pub(super) const HASHED: &str = "b";
pub(super) const ON_CHANGE: &str = "c";
pub(super) const EXCLUDED: &str = "d";

pub(super) const WORDS: [Word; 13] = [
    Word {
        name: "redact",
        say: |table| record_as(table, REDACTED, Recording::Redact),
    },
    Word {
        name: "hash",
        say: |table| record_as(table, HASHED, Recording::Hash),
    },
    Word {
        name: "on_change",
        say: |table| record_as(table, ON_CHANGE, Recording::OnChange),
    },
    Word {
        name: "skip_unchanged",
        say: |table| table.policy.skip_unchanged = true,
    },
    Word {
        name: "when",
        say: |table| table.policy.when = Some(Cow::Borrowed("coalesce(NEW.v, OLD.v) > 0")),
    },
    Word {
        name: "record",
        say: |table| {
            let facts = SessionFact::ALL.into_iter();
            let more = facts.filter(|fact| *fact != SessionFact::Query);
            record(table, more.collect());
        },
    },
    Word {
        name: "query",
        say: |table| record(table, vec![SessionFact::Query]),
    },
    Word {
        name: "seals",
        say: |table| table.policy.seals = true,
    },
    Word {
        name: "append_only",
        say: |table| table.policy.append_only = true,
    },
    Word {
        name: "context",
        say: |table| table.policy.context = ContextScope::Transaction,
    },
    Word {
        name: "unaudited",
        say: |table| table.policy.unaudited = Unaudited::Forbid,
    },
    Word {
        name: "operations",
        say: |table| {
            table.policy.operations = Operations {
                insert: true,
                update: true,
                delete: false,
                truncate: false,
            };
        },
    },
    Word {
        name: "exclude",
        say: |table| record_as(table, EXCLUDED, Recording::Excluded),
    },
];

/// Pairs, in the order of the words: a change that a condition leaves out may be the
/// one that an unchanged value was changed by, and the text of a statement may hold
/// the value that is not to be stored.
pub(super) const REFUSED: [(&str, &str); 3] = [
    ("on_change", "when"),
    ("redact", "query"),
    ("hash", "query"),
];

fn record_as(table: &mut AuditedTable, name: &str, recording: Recording) {
    for column in &mut table.columns {
        if column.name == name {
            column.recording = recording;
        }
    }
}

fn record(table: &mut AuditedTable, facts: Vec<SessionFact>) {
    let record = table.policy.record.to_mut();
    record.extend(facts);
    record.sort();
    record.dedup();
}
