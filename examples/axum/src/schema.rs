// @generated automatically by Diesel CLI.

diesel::table! {
    documents (id) {
        id -> Int8,
        title -> Text,
        body -> Text,
    }
}
