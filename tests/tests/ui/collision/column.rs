use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        audit_operation -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
struct User {
    id: i64,
    audit_operation: String,
}

fn main() {}
