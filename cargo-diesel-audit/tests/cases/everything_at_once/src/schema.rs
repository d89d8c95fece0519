diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
    }
}

diesel::table! {
    shop.orders (id) {
        id -> Int8,
    }
}

diesel::table! {
    #[sql_name = "kind"]
    kinds (id) {
        id -> Int8,
        #[sql_name = "Name"]
        name -> Text,
    }
}
