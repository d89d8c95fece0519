use pgvector::sql_types::*;
#[derive(diesel_audit::Audited)]
#[diesel(table_name = users, primary_key(tenant, id))]
#[audit(source_schema = "shop", source_table = "Users")]
struct User {
    tenant: Uuid,
    id: i64,
    #[audit(sql_type = pgvector::sql_types::Vector)]
    embedding: Vector,
}
