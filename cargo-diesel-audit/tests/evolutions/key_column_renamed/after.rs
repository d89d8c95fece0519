diesel::table! {
    users (user_id) {
        user_id -> Int8,
        email -> Text,
        visits -> Int4,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users, primary_key(user_id))]
#[audit(session_settings(username: Text))]
pub struct User {
    #[audit(renamed_from = "id")]
    pub user_id: i64,
    pub email: String,
    pub visits: i32,
}
