use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
struct User {
    id: i64,
    name: String,
    #[diesel(column_name = name)]
    again: String,
}

fn main() {}
