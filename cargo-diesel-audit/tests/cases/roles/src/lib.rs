diesel::table! { users (id) { id -> Int8, email -> Text, } }
diesel::table! { shop.lines (id) { id -> Int8, } }

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text), append_only)]
pub struct User {
    pub id: i64,
    pub email: String,
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = lines)]
#[audit(source_schema = "shop", schema = "public")]
pub struct Line {
    pub id: i64,
}
