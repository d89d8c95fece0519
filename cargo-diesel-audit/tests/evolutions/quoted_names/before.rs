diesel::table! {
    #[sql_name = "Order \"x\""]
    orders (id) {
        id -> Int8,
        #[sql_name = "it's"]
        it_s -> Text,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = orders)]
#[audit(session_settings(username: Text))]
#[audit(source_table = "Order \"x\"")]
pub struct Order {
    pub id: i64,
    #[audit(sql_name = "it's")]
    pub it_s: String,
}
