//! What happened to a row, as a value of Rust.

use std::fmt;
use std::io::Write;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel_audit_model::Operation as Letter;

/// What an audit row records: the column `audit_operation`.
///
/// It goes into queries like any other value:
/// `users_audit::audit_operation.eq(Operation::Update)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
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
    /// The letter that the audit table stores, for example `U`.
    pub const fn letter(self) -> &'static str {
        self.stored().letter()
    }

    // Diesel's traits cannot be implemented for a type of another crate, so
    // there are two enums. The letters and words are the model's, and the two
    // matches keep the variants the same: one more in either does not compile.
    const fn stored(self) -> Letter {
        match self {
            Operation::Insert => Letter::Insert,
            Operation::Update => Letter::Update,
            Operation::Delete => Letter::Delete,
            Operation::Truncate => Letter::Truncate,
            Operation::Baseline => Letter::Baseline,
        }
    }

    const fn of(stored: Letter) -> Operation {
        match stored {
            Letter::Insert => Operation::Insert,
            Letter::Update => Operation::Update,
            Letter::Delete => Operation::Delete,
            Letter::Truncate => Operation::Truncate,
            Letter::Baseline => Operation::Baseline,
        }
    }
}

/// Shows the operation as a word: `insert`, `update`, `delete`, `truncate` or
/// `baseline`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stored().fmt(f)
    }
}

impl FromSql<Text, Pg> for Operation {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let letter = std::str::from_utf8(value.as_bytes())?;
        Letter::from_letter(letter)
            .map(Operation::of)
            .ok_or_else(|| format!("`{letter}` is no letter of `audit_operation`").into())
    }
}

impl ToSql<Text, Pg> for Operation {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.letter().as_bytes())?;
        Ok(IsNull::No)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_reads_back_as_itself() {
        for stored in Letter::ALL {
            let operation = Operation::of(stored);
            assert_eq!(operation.stored(), stored);
            assert_eq!(operation.to_string(), stored.to_string());
            assert_eq!(
                Letter::from_letter(operation.letter()).map(Operation::of),
                Some(operation)
            );
        }
    }
}
