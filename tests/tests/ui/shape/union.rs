use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
union User {
    id: i64,
}

fn main() {}
