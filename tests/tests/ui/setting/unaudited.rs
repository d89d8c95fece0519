use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text), unaudited = "refuse")]
struct User {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(unaudited: Nullable<Text>), unaudited = "forbid", table = "others_audit")]
struct Other {
    id: i64,
}

fn main() {}
