use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(renamed_from = "", moved_from = legacy)]
struct User {
    id: i64,
    #[audit(renamed_from("title"))]
    name: String,
}

fn main() {}
