diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
        visits -> Int4,
        plan -> Nullable<Text>,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text))]
#[audit(when = "coalesce(NEW.plan, OLD.plan) IS DISTINCT FROM 'test'")]
pub struct User {
    pub id: i64,
    pub email: String,
    pub visits: i32,
    pub plan: Option<String>,
}
