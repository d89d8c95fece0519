use diesel_audit::{AuditContext, Audited};

diesel::table! {
    orders (id) {
        id -> Int8,
        total -> Int4,
    }
}

#[derive(AuditContext)]
struct Request {
    query: String,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(record(query), context_type = Request)]
struct Order {
    id: i64,
    total: i32,
}

fn main() {}
