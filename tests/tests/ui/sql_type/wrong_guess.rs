use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Citext,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
struct User {
    id: i64,
    name: String,
}

fn main() {}
