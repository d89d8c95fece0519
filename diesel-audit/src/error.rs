//! What can go wrong, as types.

use std::error::Error as StdError;
use std::fmt;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use diesel_audit_model::Problems;
use diesel_audit_sql::refusal::Refusal;
use diesel_audit_sql::render::keyset::shown;
use diesel_audit_sql::verify::Verification;
use diesel_audit_sql::{Incomparable, KeyProblem, SealProblem};

use crate::SettingProblem;

/// An error of diesel-audit, or of Diesel on its way through it.
///
/// It converts from and to [`diesel::result::Error`], and nothing is lost on
/// the way: a closure may return either. A write that the database refuses for
/// the sake of the audit arrives as Diesel's error, and becomes one of the
/// variants with a [`RefusedWrite`]:
///
/// ```
/// # use diesel_audit::AuditError;
/// fn report(error: diesel::result::Error) -> String {
///     match AuditError::from(error) {
///         AuditError::SettingMissing(write) => {
///             format!("who are you? `{}` is missing", write.setting().unwrap_or_default())
///         }
///         other => other.to_string(),
///     }
/// }
/// # assert_eq!(report(diesel::result::Error::NotFound), "Record not found");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum AuditError {
    /// A setting cannot be part of a context. No SQL was sent.
    SettingRefused {
        /// The name of the setting.
        name: &'static str,
        /// What is wrong with its name or its value.
        problem: SettingProblem,
    },
    /// A context for the rest of a transaction was given while none is open.
    NotInTransaction,
    /// [`Ambient`](crate::Ambient) was given as the context outside of every
    /// ambient scope. No SQL was sent.
    NoAmbientContext,
    /// The database refused a write: a required setting is absent or blank, or
    /// there is no context and the model forbids that (`ZA001`).
    SettingMissing(RefusedWrite),
    /// The database refused a write: the context was not set by this checkout
    /// or this transaction (`ZA002`).
    ContextStale(RefusedWrite),
    /// The database refused a write: its audit row could not be stored exactly
    /// (`ZA003`).
    RowNotStored(RefusedWrite),
    /// The database refused to change or remove audit rows (`ZA004`).
    AppendOnly(RefusedWrite),
    /// The database refused a write: a setting is too long or not of its type
    /// (`ZA005`).
    SettingInvalid(RefusedWrite),
    /// The change cannot be recorded in the order in which its row was changed
    /// (SQLSTATE `ZA006`).
    Order(RefusedWrite),
    /// A checkout asked for a context on a connection that is not direct: a
    /// pooler such as PgBouncer is in between, and may give the session to
    /// others together with the context. No SQL was sent.
    #[cfg(any(feature = "r2d2", feature = "bb8", feature = "deadpool"))]
    Indirect,
    /// The tables cannot be audited as they are described. No SQL was sent.
    Model(Problems),
    /// The database does not do what the models say: what [`verify`](crate::verify)
    /// has found, by [`Verification::into_result`].
    Unverified(Verification),
    /// A table cannot be gone through by its primary key.
    Key(KeyProblem),
    /// An audit table cannot be sealed.
    Seal(SealProblem),
    /// The rows of a table cannot be compared with their history.
    Incomparable(Incomparable),
    /// Somebody held rows that were to get a baseline for longer than it waits.
    /// The other rows up to there have theirs.
    RowsLocked {
        /// How many rows there are.
        rows: u64,
        /// The key behind which they are, or nothing from the first one on.
        after: Option<String>,
    },
    /// The pool gave no connection in time.
    #[cfg(feature = "r2d2")]
    Pool(diesel::r2d2::PoolError),
    /// The pool of bb8 gave no connection in time, or could not open one.
    #[cfg(feature = "bb8")]
    Bb8(bb8::RunError<diesel_async::pooled_connection::PoolError>),
    /// The pool of deadpool gave no connection in time, or could not open one.
    #[cfg(feature = "deadpool")]
    Deadpool(deadpool::managed::PoolError<diesel_async::pooled_connection::PoolError>),
    /// Any other error of Diesel.
    Database(Error),
}

impl AuditError {
    /// The SQLSTATE, for a write that was refused for the sake of the audit:
    /// `ZA001` to `ZA006`.
    pub fn code(&self) -> Option<&'static str> {
        let refusal = match self {
            AuditError::SettingMissing(_) => Refusal::SettingMissing,
            AuditError::ContextStale(_) => Refusal::ContextStale,
            AuditError::RowNotStored(_) => Refusal::RowNotStored,
            AuditError::AppendOnly(_) => Refusal::AppendOnly,
            AuditError::SettingInvalid(_) => Refusal::SettingInvalid,
            AuditError::Order(_) => Refusal::Order,
            _ => return None,
        };
        Some(refusal.sqlstate())
    }
}

/// Shows a refusal's message and hint, without the values that were written.
impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuditError::SettingRefused { name, problem } => {
                write!(f, "the session setting `{name}` is refused: {problem}")
            }
            AuditError::NotInTransaction => f.write_str(
                "no transaction is open for the audit context; \
                 use `audited`, which opens one, or set it within `transaction`",
            ),
            AuditError::NoAmbientContext => f.write_str(
                "there is no ambient audit context here; begin one by `Ambient::scope` or `Ambient::scope_future`, \
                 or take it along to another thread or task by `Ambient::carry` or `Ambient::carry_future`",
            ),
            AuditError::SettingMissing(write)
            | AuditError::ContextStale(write)
            | AuditError::RowNotStored(write)
            | AuditError::AppendOnly(write)
            | AuditError::SettingInvalid(write)
            | AuditError::Order(write) => write.fmt(f),
            #[cfg(any(feature = "r2d2", feature = "bb8", feature = "deadpool"))]
            AuditError::Indirect => f.write_str(
                "the connection is not direct: a pooler such as PgBouncer may give its session to others, \
                 and the context of a checkout with it; give each transaction its context by `audited`, \
                 or say `AuditCustomizer::behind_session_pooler` if the pooler is in session mode",
            ),
            AuditError::Model(problems) => problems.fmt(f),
            AuditError::Unverified(found) => {
                write!(f, "the audit is not as the models say:\n{found}")
            }
            AuditError::Key(problem) => problem.fmt(f),
            AuditError::Seal(problem) => problem.fmt(f),
            AuditError::Incomparable(problem) => problem.fmt(f),
            AuditError::RowsLocked { rows, after } => {
                write!(f, "{rows} rows are held by other transactions")?;
                match after {
                    Some(after) => write!(f, ", behind the key {}", shown(after)),
                    None => Ok(()),
                }
            }
            #[cfg(feature = "r2d2")]
            AuditError::Pool(error) => error.fmt(f),
            #[cfg(feature = "bb8")]
            AuditError::Bb8(error) => error.fmt(f),
            #[cfg(feature = "deadpool")]
            AuditError::Deadpool(error) => error.fmt(f),
            AuditError::Database(error) => error.fmt(f),
        }
    }
}

/// An error that is shown as its own message is not its own source.
impl StdError for AuditError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            AuditError::Model(problems) => problems.source(),
            #[cfg(feature = "r2d2")]
            AuditError::Pool(error) => error.source(),
            #[cfg(feature = "bb8")]
            AuditError::Bb8(error) => error.source(),
            #[cfg(feature = "deadpool")]
            AuditError::Deadpool(error) => error.source(),
            AuditError::Database(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for AuditError {
    fn from(error: Error) -> AuditError {
        match error {
            Error::DatabaseError(kind, information) => from_database(kind, information),
            Error::QueryBuilderError(inner) => match inner.downcast::<AuditError>() {
                Ok(ours) => *ours,
                Err(inner) => AuditError::Database(Error::QueryBuilderError(inner)),
            },
            other => AuditError::Database(other),
        }
    }
}

/// Diesel has no kind for the class `ZA`. A violation of a kind that it knows
/// comes from a real constraint, which may have any name. What stands between may have
/// dropped the name; the detail says the same.
fn from_database(kind: DatabaseErrorKind, information: Information) -> AuditError {
    let refusal = match kind {
        DatabaseErrorKind::Unknown => information
            .constraint_name()
            .and_then(Refusal::from_constraint)
            .or_else(|| information.details().and_then(Refusal::from_detail)),
        _ => None,
    };
    let variant = match refusal {
        Some(Refusal::SettingMissing) => AuditError::SettingMissing,
        Some(Refusal::ContextStale) => AuditError::ContextStale,
        Some(Refusal::RowNotStored) => AuditError::RowNotStored,
        Some(Refusal::AppendOnly) => AuditError::AppendOnly,
        Some(Refusal::SettingInvalid) => AuditError::SettingInvalid,
        Some(Refusal::Order) => AuditError::Order,
        None => return AuditError::Database(Error::DatabaseError(kind, information)),
    };
    variant(RefusedWrite(information))
}

impl From<AuditError> for Error {
    fn from(error: AuditError) -> Error {
        match error {
            AuditError::Database(error) => error,
            AuditError::SettingMissing(RefusedWrite(information))
            | AuditError::ContextStale(RefusedWrite(information))
            | AuditError::RowNotStored(RefusedWrite(information))
            | AuditError::AppendOnly(RefusedWrite(information))
            | AuditError::SettingInvalid(RefusedWrite(information))
            | AuditError::Order(RefusedWrite(information)) => {
                Error::DatabaseError(DatabaseErrorKind::Unknown, information)
            }
            ours => Error::QueryBuilderError(Box::new(ours)),
        }
    }
}

impl From<Verification> for AuditError {
    fn from(found: Verification) -> AuditError {
        AuditError::Unverified(found)
    }
}

impl From<SealProblem> for AuditError {
    fn from(problem: SealProblem) -> AuditError {
        AuditError::Seal(problem)
    }
}

impl From<Problems> for AuditError {
    fn from(problems: Problems) -> AuditError {
        AuditError::Model(problems)
    }
}

#[cfg(feature = "r2d2")]
impl From<diesel::r2d2::PoolError> for AuditError {
    fn from(error: diesel::r2d2::PoolError) -> AuditError {
        AuditError::Pool(error)
    }
}

#[cfg(feature = "bb8")]
impl From<bb8::RunError<diesel_async::pooled_connection::PoolError>> for AuditError {
    fn from(error: bb8::RunError<diesel_async::pooled_connection::PoolError>) -> AuditError {
        AuditError::Bb8(error)
    }
}

#[cfg(feature = "deadpool")]
impl From<deadpool::managed::PoolError<diesel_async::pooled_connection::PoolError>> for AuditError {
    fn from(
        error: deadpool::managed::PoolError<diesel_async::pooled_connection::PoolError>,
    ) -> AuditError {
        AuditError::Deadpool(error)
    }
}

type Information = Box<dyn DatabaseErrorInformation + Send + Sync>;

/// What the database says about a write that it refused.
#[derive(Debug)]
pub struct RefusedWrite(Information);

impl RefusedWrite {
    /// The name of the table that was written to, without its schema.
    pub fn table(&self) -> Option<&str> {
        self.0.table_name()
    }

    /// The name of the session setting that is at fault, if one is, without
    /// the prefix `audit.`.
    pub fn setting(&self) -> Option<&str> {
        self.0.column_name()?.strip_prefix("audit_")
    }

    /// The column of the audit table that is at fault, if one is.
    pub fn column(&self) -> Option<&str> {
        self.0.column_name()
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        self.0.message()
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint()
    }
}

impl fmt::Display for RefusedWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        match self.hint() {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Raised {
        constraint: Option<&'static str>,
        detail: Option<String>,
    }

    impl DatabaseErrorInformation for Raised {
        fn message(&self) -> &str {
            "it is missing"
        }
        fn details(&self) -> Option<&str> {
            self.detail.as_deref()
        }
        fn hint(&self) -> Option<&str> {
            Some("Give it.")
        }
        fn table_name(&self) -> Option<&str> {
            Some("users")
        }
        fn column_name(&self) -> Option<&str> {
            Some("audit_username")
        }
        fn constraint_name(&self) -> Option<&str> {
            self.constraint
        }
        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    fn raised(kind: DatabaseErrorKind, constraint: Option<&'static str>) -> AuditError {
        let raised = Raised {
            constraint,
            ..Raised::default()
        };
        Error::DatabaseError(kind, Box::new(raised)).into()
    }

    #[test]
    fn each_refusal_has_a_variant_and_survives_diesel() {
        for refusal in Refusal::ALL {
            let error = raised(DatabaseErrorKind::Unknown, Some(refusal.constraint()));
            assert_eq!(error.code(), Some(refusal.sqlstate()));
            let again = AuditError::from(Error::from(error));
            assert_eq!(again.code(), Some(refusal.sqlstate()));
            assert_eq!(again.to_string(), "it is missing (Give it.)");
            let without_name = Raised {
                detail: Some(format!("SQLSTATE {}", refusal.sqlstate())),
                ..Raised::default()
            };
            let error = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(without_name));
            assert_eq!(AuditError::from(error).code(), Some(refusal.sqlstate()));
        }
    }

    #[test]
    fn a_refusal_tells_table_and_setting() {
        let constraint = Some("audit_setting_missing");
        match raised(DatabaseErrorKind::Unknown, constraint) {
            AuditError::SettingMissing(write) => {
                assert_eq!(write.table(), Some("users"));
                assert_eq!(write.column(), Some("audit_username"));
                assert_eq!(write.setting(), Some("username"));
                assert_eq!(write.message(), "it is missing");
                assert_eq!(write.hint(), Some("Give it."));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn other_errors_of_the_database_stay_themselves() {
        let constraint = Some("audit_append_only");
        for error in [
            raised(DatabaseErrorKind::CheckViolation, constraint),
            raised(DatabaseErrorKind::Unknown, Some("users_pkey")),
            raised(DatabaseErrorKind::Unknown, None),
        ] {
            assert_eq!(error.code(), None);
            assert!(matches!(
                error,
                AuditError::Database(Error::DatabaseError(..))
            ));
        }
        assert!(matches!(
            AuditError::from(Error::NotFound),
            AuditError::Database(Error::NotFound)
        ));
        assert!(matches!(
            Error::from(AuditError::Database(Error::RollbackTransaction)),
            Error::RollbackTransaction
        ));
    }

    #[test]
    fn our_own_errors_survive_diesel() {
        let through = Error::from(AuditError::NotInTransaction);
        assert!(through.to_string().contains("`audited`"), "{through}");
        assert!(matches!(
            AuditError::from(through),
            AuditError::NotInTransaction
        ));
        let foreign = Error::QueryBuilderError("no changes".into());
        assert!(matches!(
            AuditError::from(foreign),
            AuditError::Database(Error::QueryBuilderError(_))
        ));
    }
}
