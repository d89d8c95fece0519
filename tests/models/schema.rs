//! The tables of `migrations/`, as `diesel print-schema` shows them.
#![allow(missing_docs)]

pub mod sql_types {
    #[derive(diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "plan"))]
    pub struct Plan;
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Plan;

    users (id) {
        id -> Int8,
        #[max_length = 120]
        email -> Varchar,
        plan -> Plan,
        earlier_plans -> Array<Nullable<Plan>>,
        tags -> Nullable<Array<Nullable<Text>>>,
        password_hash -> Text,
        created_at -> Timestamptz,
        visits -> Int4,
    }
}

diesel::table! {
    shop.order_lines (order_id, line) {
        order_id -> Int8,
        line -> Int4,
        #[max_length = 8]
        sku -> Bpchar,
        price -> Numeric,
        total -> Nullable<Numeric>,
    }
}

diesel::table! {
    #[sql_name = "type"]
    kinds (id) {
        id -> Uuid,
        #[sql_name = "type"]
        type_ -> Text,
        #[sql_name = "Mixed Case"]
        mixed_case -> Nullable<Bool>,
        document -> Nullable<Jsonb>,
    }
}
