use diesel_audit::Audited;

diesel::table! {
    orders (id) {
        id -> Int8,
        audit_backend_pid -> Int4,
    }
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(record(query, backend_pid), session_settings(username: Text, query: Nullable<Text>))]
struct Order {
    id: i64,
    audit_backend_pid: i32,
}

fn main() {}
