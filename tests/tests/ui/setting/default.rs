use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text = " ", tenant: Nullable<Text> = "a\0b", batch: Text = 7))]
struct User {
    id: i64,
    name: String,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text = "nobody", tenant: Nullable<Text> = "a\0b"), table = "users_audit_2")]
struct Other {
    id: i64,
    name: String,
}

fn main() {}
