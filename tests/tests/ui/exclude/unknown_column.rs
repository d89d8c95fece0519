use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(exclude(nope))]
struct User {
    id: i64,
    name: String,
}

fn main() {}
