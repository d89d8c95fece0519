use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Nullable<Array<Nullable<Text>>>,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
struct User {
    id: i64,
    name: Option<Vec<String>>,
}

fn main() {}
