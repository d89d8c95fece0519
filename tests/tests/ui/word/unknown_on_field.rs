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
    #[audit(skipp)]
    id: i64,
    #[audit(zzz, "literal")]
    name: String,
}

fn main() {}
