use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
struct User<'a> {
    id: i64,
    name: &'a str,
}

fn main() {}
