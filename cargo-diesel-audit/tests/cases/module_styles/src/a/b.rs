use diesel_audit::Audited as Watched;
use super::super::schema::users;
#[derive(Debug, Watched)]
#[diesel(table_name = users)]
pub struct ByImport { id: i64 }
