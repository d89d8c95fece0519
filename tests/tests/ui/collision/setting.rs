use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(id: Text, operation: Nullable<Text>, session_user: Text))]
struct User {
    id: i64,
    name: String,
}

fn main() {}
