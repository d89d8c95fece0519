diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
        visits -> Int8,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text), when = "coalesce(NEW.visits, OLD.visits) >= 0")]
pub struct User {
    pub id: i64,
    pub email: String,
    #[audit(skip)]
    pub visits: i64,
}
