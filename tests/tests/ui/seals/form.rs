use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(seals = "yes")]
struct User {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(seals(daily), table = "others_audit")]
struct Other {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(seal, table = "thirds_audit")]
struct Third {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(seals, seals, table = "lasts_audit")]
struct Last {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(table = "fields_audit")]
struct Field {
    #[audit(seals)]
    id: i64,
}

fn main() {}
