use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(append_only = "yes")]
struct User {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(append_only(update), table = "others_audit")]
struct Other {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(append_onyl, table = "thirds_audit")]
struct Third {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(append_only, append_only = false, table = "lasts_audit")]
struct Last {
    id: i64,
}

fn main() {}
