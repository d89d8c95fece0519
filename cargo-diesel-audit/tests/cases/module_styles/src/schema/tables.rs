use diesel::table as t;
t! { users { id -> BigInt, } }
pub mod crm {
    diesel::table! {
        use diesel::sql_types::*;
        use super::super::super::super::types::Mood;
        crm.contacts (id) { id -> Integer, #[sql_name = "type"] type_ -> Nullable<Mood>, }
    }
}
