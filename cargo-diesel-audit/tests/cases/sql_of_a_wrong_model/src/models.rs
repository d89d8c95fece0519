use diesel_audit::Audited;

#[derive(Audited)]
#[diesel(table_name = crate::schema::users)]
pub struct User {
    pub id: i64,
    pub email: String,
}
