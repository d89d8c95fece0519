diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
        hits -> Int4,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text), when = "coalesce(NEW.hits, OLD.hits) >= 0")]
pub struct User {
    pub id: i64,
    pub email: String,
    #[audit(renamed_from = "visits")]
    pub hits: i32,
}
