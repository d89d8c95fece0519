//! The operations: what fires a trigger, and what an audit row records.

use std::fmt;

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
