diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
        visits -> Int4,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(table = "users_history", session_settings(username: Text, tenant: Nullable<Text>, index))]
pub struct User {
    pub id: i64,
    pub email: String,
    pub visits: i32,
}
