use std::borrow::Cow;

use diesel_audit as audit;

mod inner {
    #[derive(diesel_audit::AuditContext)]
    pub struct Request {
        pub username: String,
        pub request_id: Option<uuid::Uuid>,
        #[audit(sql_type = BigInt)]
        pub tenant: super::TenantId,
        #[audit(skip)]
        pub started: std::time::Instant,
    }
}
pub use inner::Request as RequestContext;

pub struct TenantId(i64);

#[derive(Clone, audit::AuditContext)]
pub struct JobContext<'a> {
    pub username: Cow<'a, str>,
    pub r#type: Option<&'a str>,
}
