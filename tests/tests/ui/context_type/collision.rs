use diesel_audit::{AuditContext, Audited};

#[derive(AuditContext)]
struct Request {
    username: String,
}

diesel::table! {
    users (id) {
        id -> Int8,
        audit_username -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(context_type = Request)]
struct User {
    id: i64,
    audit_username: String,
}

fn main() {}
