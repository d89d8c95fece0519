diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
        visits -> Int4,
        a -> Nullable<Int2>,
        b -> Nullable<Bool>,
        c -> Nullable<Jsonb>,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text))]
pub struct User {
    pub id: i64,
    pub email: String,
    pub visits: i32,
    pub a: Option<i16>,
    pub b: Option<bool>,
    pub c: Option<serde_json::Value>,
}
