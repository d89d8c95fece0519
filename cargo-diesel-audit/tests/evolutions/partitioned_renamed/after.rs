diesel::table! {
    accounts (id) {
        id -> Int8,
        email -> Text,
        visits -> Int4,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = accounts)]
#[audit(session_settings(username: Text))]
#[audit(renamed_from = "users", operations(insert, update, delete))]
pub struct User {
    pub id: i64,
    pub email: String,
    pub visits: i32,
}
