use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(table = users, schema, function("f"), session_settings, operations = "insert", exclude())]
struct User {
    id: i64,
    #[audit(skip = true, sql_type = "Text", sql_name = 1)]
    name: String,
}

fn main() {}
