use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text, filter: Jsonb, index))]
struct User {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text, index), max_value_bytes = 4096, table = "others_audit")]
struct Other {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(index, username: Text), table = "thirds_audit")]
struct Third {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(session_settings(username: Text, indexed), table = "lasts_audit")]
struct Last {
    id: i64,
}

fn main() {}
