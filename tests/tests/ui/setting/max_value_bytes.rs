use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text), max_value_bytes = 0)]
struct User {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text), max_value_bytes = 1_000_001, table = "others_audit")]
struct Other {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text), max_value_bytes = "4096", table = "thirds_audit")]
struct Third {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text = "unknown"), max_value_bytes = 6, table = "lasts_audit")]
struct Last {
    id: i64,
}

fn main() {}
