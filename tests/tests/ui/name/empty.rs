use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(table = "", schema = "", function = "", trigger = "", source_table = "", exclude(""))]
struct User {
    id: i64,
    #[audit(sql_name = "")]
    name: String,
}

fn main() {}
