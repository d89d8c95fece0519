// @generated automatically by Diesel CLI.

pub mod warehouse {
    diesel::table! {
        warehouse.stock (site, sku) {
            site -> Text,
            sku -> Text,
            quantity -> Int4,
        }
    }
}
