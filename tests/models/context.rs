//! Who writes to the tables of `migrations/`.

use diesel_audit::AuditContext;
use uuid::Uuid;

/// A request of a user.
#[derive(Debug, Clone, AuditContext)]
pub struct RequestContext<'a> {
    /// The user.
    pub username: &'a str,
    /// The request, unless it is a job.
    pub request_id: Option<Uuid>,
}
