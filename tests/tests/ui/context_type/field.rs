use diesel_audit::{AuditContext, Audited};

struct TenantId(i64);

#[derive(AuditContext)]
struct Request {
    username: String,
    tenant: TenantId,
    key: Vec<u8>,
    at: Option<chrono::NaiveDateTime>,
    #[audit(sql_type = Inet)]
    address: String,
    #[audit(sql_type = crate::Text)]
    text: String,
    #[audit(sql_typ = Text)]
    misspelled: String,
    #[audit(skip = true)]
    skipped: String,
    requestId: String,
    session: String,
    operation: String,
}

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(context_type = Request)]
struct User {
    id: i64,
}

fn main() {
    let _ = users_audit::audit_username;
}
