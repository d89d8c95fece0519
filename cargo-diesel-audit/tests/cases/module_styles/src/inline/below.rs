#[derive(::diesel_audit::Audited)]
#[diesel(table_name = crate::schema::crm::contacts)]
pub struct Contact { pub id: i32, #[diesel(column_name = type_)] #[audit(sql_type = crate::types::Mood)] mood: Option<Mood> }
