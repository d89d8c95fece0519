diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
    }
}
diesel::table! { accounts { id -> Int8, } }
