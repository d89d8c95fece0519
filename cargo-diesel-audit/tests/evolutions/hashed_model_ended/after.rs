diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
        visits -> Int4,
    }
}

#[diesel(table_name = users)]
pub struct User {
    pub id: i64,
    pub email: String,
    pub visits: i32,
}
