diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
    }
}
