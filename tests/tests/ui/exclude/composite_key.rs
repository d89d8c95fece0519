use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users, primary_key(id, name))]
#[audit(exclude(name))]
struct User {
    #[audit(skip)]
    id: i64,
}

fn main() {}
