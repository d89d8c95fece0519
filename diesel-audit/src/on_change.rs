//! What is recorded of a column that is stored where it changed.

use diesel::deserialize::{self, FromStaticSqlRow, Queryable};
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Nullable};

/// The value of a column, or that an update left it as it was: what a companion
/// struct has for a field with `#[audit(on_change)]`, from the column and from
/// `audit_changed_<column>`.
///
/// The value behind an `Unchanged` is that of the last row of the same key, with
/// a smaller `audit_id`, that has one stored.
///
/// A row from before the word, which has its value and no flag, reads as
/// `Stored`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnChange<T> {
    /// The value; `None` is NULL, and also what a truncate has, which has no row.
    Stored(Option<T>),
    /// An update of the row left the value as it was, to the byte, and it is not
    /// stored again.
    Unchanged,
}

impl<T> OnChange<T> {
    /// The value, where this row has it; `Some(&None)` is NULL.
    pub const fn stored(&self) -> Option<&Option<T>> {
        match self {
            OnChange::Stored(value) => Some(value),
            OnChange::Unchanged => None,
        }
    }

    /// The value by itself, where this row has it.
    pub fn into_stored(self) -> Option<Option<T>> {
        match self {
            OnChange::Stored(value) => Some(value),
            OnChange::Unchanged => None,
        }
    }

    /// Whether the value has to be looked for in an earlier row.
    pub const fn is_unchanged(&self) -> bool {
        matches!(self, OnChange::Unchanged)
    }
}

impl<T, ST> Queryable<(ST, Nullable<Bool>), Pg> for OnChange<T>
where
    (Option<T>, Option<bool>): FromStaticSqlRow<(ST, Nullable<Bool>), Pg>,
{
    type Row = (Option<T>, Option<bool>);

    fn build((value, changed): Self::Row) -> deserialize::Result<Self> {
        Ok(match changed {
            Some(false) => OnChange::Unchanged,
            Some(true) | None => OnChange::Stored(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_false_flag_says_unchanged() {
        let read = |value: Option<i32>, changed| {
            <OnChange<i32> as Queryable<(Nullable<diesel::sql_types::Integer>, _), Pg>>::build((
                value, changed,
            ))
            .unwrap()
        };
        assert_eq!(read(Some(1), Some(true)), OnChange::Stored(Some(1)));
        assert_eq!(read(Some(1), None), OnChange::Stored(Some(1)));
        assert_eq!(read(None, Some(true)), OnChange::Stored(None));
        assert_eq!(read(None, Some(false)), OnChange::Unchanged);
        assert_eq!(OnChange::Stored(Some(1)).stored(), Some(&Some(1)));
        assert_eq!(OnChange::Stored(Some(1)).into_stored(), Some(Some(1)));
        assert!(OnChange::<i32>::Unchanged.is_unchanged());
        assert_eq!(OnChange::<i32>::Unchanged.stored(), None);
    }
}
