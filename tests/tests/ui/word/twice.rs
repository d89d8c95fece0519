use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(operations(insert))]
#[audit(operations(delete))]
#[audit(table = "a", table = "b", session_settings(a: Text))]
struct User {
    id: i64,
    #[audit(sql_type = Text)]
    #[audit(sql_type = Text)]
    name: String,
}

fn main() {}
