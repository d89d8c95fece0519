diesel::table! {
    users (id) {
        id -> Int8,
        mail -> Text,
        plan -> Text,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(tenant: Nullable<Text>))]
#[audit(operations(insert, update, delete))]
pub struct User {
    pub id: i64,
    #[audit(renamed_from = "email")]
    pub mail: String,
    pub plan: String,
}
