//! The table of `hostile`, in a scope that is not.

diesel::table! {
    accounts (id) {
        id -> Int8,
        name -> Text,
        note -> Nullable<Text>,
        data -> Bytea,
    }
}
