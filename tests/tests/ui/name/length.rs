use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(table = "tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt", function = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", trigger = "éééééééééééééééééééééééééééééééé", source_schema = "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", exclude("cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"))]
struct User {
    id: i64,
    name: String,
}

fn main() {}
