#[cfg(feature = "users")]
diesel::table! {
    #[cfg(feature = "users")]
    users (id) {
        id -> Int8,
        #[cfg(feature = "mail")]
        email -> Text,
        mood -> Mood,
        matrix -> Array<Array<Int4>>,
    }
}
