diesel::table! {
    crm.accounts (id) {
        id -> Int8,
        email -> Text,
        visits -> Int4,
        plan -> Nullable<Text>,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = accounts)]
#[audit(session_settings(username: Text, tenant: Text))]
#[audit(source_schema = "crm", moved_from = "public", renamed_from = "users")]
pub struct User {
    pub id: i64,
    pub email: String,
    pub visits: i32,
    pub plan: Option<String>,
}
