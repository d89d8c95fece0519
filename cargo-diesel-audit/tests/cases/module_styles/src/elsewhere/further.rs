use self::alias as u;
use crate::schema::users as alias;
#[derive(diesel_audit::Audited)]
#[diesel(table_name = u)]
#[audit(source_table = "users")]
pub struct ByAlias { id: i64 }
