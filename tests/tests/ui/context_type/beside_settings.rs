use diesel_audit::{AuditContext, Audited};

#[derive(AuditContext)]
struct Request {
    username: Option<String>,
    tenant: i64,
}

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(
    context_type = Request,
    session_settings(username: Text, tenant: Nullable<Integer>, reason: Nullable<Text>)
)]
struct User {
    id: i64,
}

fn main() {}
