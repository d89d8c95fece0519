diesel::table! {
    lines (id) {
        id -> Int8,
    }
}

diesel::table! {
    posts (id) {
        id -> Int8,
    }
}

diesel::table! {
    users (id) {
        id -> Int8,
    }
}
