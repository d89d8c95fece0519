#[derive(diesel_audit::Audited)]
#[diesel(table_name = crate::schema::users)]
#[cfg_attr(feature = "pg", diesel(check_for_backend(diesel::pg::Pg)))]
#[cfg_attr(feature = "audit", audit(exclude(email)))]
pub struct User {
    id: i64,
    #[cfg_attr(feature = "mail", diesel(column_name = email))]
    mail: String,
}
