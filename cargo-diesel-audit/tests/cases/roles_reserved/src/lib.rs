diesel::table! { users (id) { id -> Int8, email -> Text, } }

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text, request_id: Nullable<Uuid>))]
pub struct User {
    pub id: i64,
    pub email: String,
}
