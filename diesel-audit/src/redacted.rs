//! What is recorded of a redacted column.

use std::fmt;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Bool;

/// Whether a change touched a column whose values are recorded nowhere: what a
/// companion struct has for a field with `#[audit(redact)]`, from the column
/// `audit_changed_<column>`.
///
/// It goes into queries like any other value:
/// `users_audit::audit_changed_password.eq(Redacted::Changed)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Bool)]
pub enum Redacted {
    /// An update changed the value, or the row came, went or was there when
    /// auditing began.
    Changed,
    /// An update left the value as it was, to the byte.
    Unchanged,
}

/// Shows `changed` or `unchanged`.
impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Redacted::Changed => "changed",
            Redacted::Unchanged => "unchanged",
        })
    }
}

impl FromSql<Bool, Pg> for Redacted {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <bool as FromSql<Bool, Pg>>::from_sql(value).map(|changed| match changed {
            true => Redacted::Changed,
            false => Redacted::Unchanged,
        })
    }
}

impl ToSql<Bool, Pg> for Redacted {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let changed = match self {
            Redacted::Changed => &true,
            Redacted::Unchanged => &false,
        };
        ToSql::<Bool, Pg>::to_sql(changed, out)
    }
}
