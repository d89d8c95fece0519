pub mod sql_types {
    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "plan"))]
    pub struct Plan;
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Plan;

    users (id) {
        id -> Int8,
        email -> Text,
        visits -> Int4,
        plan -> Nullable<Plan>,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text))]
pub struct User {
    pub id: i64,
    pub email: String,
    pub visits: i32,
    #[audit(sql_type = sql_types::Plan)]
    pub plan: Option<Plan>,
}
