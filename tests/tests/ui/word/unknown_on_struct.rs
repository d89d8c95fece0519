use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(tabel = "x", session_setting(username: Text), sql_type = Text)]
struct User {
    id: i64,
    name: String,
}

fn main() {}
