use diesel_audit::{self as audit};
use crate::schema::*;
#[derive(audit::Audited)]
#[diesel(table_name = users)]
pub struct ByGlob { id: i64 }
