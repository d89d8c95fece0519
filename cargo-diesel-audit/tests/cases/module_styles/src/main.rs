// The same files as the library's.
mod a;
mod schema;
mod types {
    #[derive(diesel::SqlType)]
    #[diesel(postgres_type(name = "mood", schema = "crm"))]
    pub struct Mood;
}
#[derive(diesel_audit::Audited)]
#[diesel(table_name = app::schema::users)]
pub struct OfLibrary { id: i64 }
