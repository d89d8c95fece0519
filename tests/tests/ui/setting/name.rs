use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(UserName: Text, _x: Text, a1234567890123456789012345678901234567890123: Text, größe: Text))]
struct User {
    id: i64,
    name: String,
}

fn main() {}
