diesel::table! {
    #[sql_name = "Order \"x\""]
    orders (id) {
        id -> Int8,
        #[sql_name = "it's"]
        it_s -> Text,
        #[sql_name = "select"]
        select_ -> Nullable<Int4>,
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
    #[audit(sql_name = "select")]
    pub select_: Option<i32>,
}
