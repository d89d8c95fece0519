//! What can be given as a context.

use crate::{AuditContext, AuditError};

/// Who acts, and why, in the application's own type.
///
/// A scope takes anything that says it: an [`struct@AuditContext`] that was built
/// setting by setting, or a struct of the application. That one derives
/// `AuditContext`, or implements the trait where its fields are no settings:
///
/// ```
/// use diesel_audit::{AuditContext, AuditError, ToAuditContext};
///
/// struct Job {
///     number: u64,
/// }
///
/// impl ToAuditContext for Job {
///     fn to_audit_context(&self) -> Result<AuditContext, AuditError> {
///         AuditContext::new().set("username", format_args!("job {}", self.number))
///     }
/// }
/// # assert_eq!(Job { number: 7 }.to_audit_context()?.get("username"), Some("job 7"));
/// # Ok::<(), AuditError>(())
/// ```
pub trait ToAuditContext {
    /// The settings. A scope asks once, before it sends any SQL.
    ///
    /// # Errors
    /// [`AuditError::SettingRefused`] for a value that cannot be stored; the
    /// scope is not entered then.
    fn to_audit_context(&self) -> Result<AuditContext, AuditError>;
}

/// Itself, without a copy of its values.
impl ToAuditContext for AuditContext {
    fn to_audit_context(&self) -> Result<AuditContext, AuditError> {
        Ok(self.clone())
    }
}

impl<T: ToAuditContext + ?Sized> ToAuditContext for &T {
    fn to_audit_context(&self) -> Result<AuditContext, AuditError> {
        (**self).to_audit_context()
    }
}
