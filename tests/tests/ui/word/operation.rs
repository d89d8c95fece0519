use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(operations(insrt, delete, delete, upsert))]
struct User {
    id: i64,
    name: String,
}

fn main() {}
