use diesel_audit::{AuditContext, Audited};

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

#[derive(AuditContext)]
struct Request {
    username: Option<String>,
    tenant: i64,
    reason: String,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text, tenant: Nullable<Integer>, reason: Nullable<Varchar>, more: Text))]
struct User {
    id: i64,
}
