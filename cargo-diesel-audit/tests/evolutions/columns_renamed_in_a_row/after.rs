diesel::table! {
    users (id) {
        id -> Int8,
        visits -> Text,
        count -> Int4,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text))]
pub struct User {
    pub id: i64,
    #[audit(renamed_from = "email")]
    pub visits: String,
    #[audit(renamed_from = "visits")]
    pub count: i32,
}
