use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        audit_username -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text))]
struct User {
    id: i64,
    audit_username: String,
}

fn main() {}
