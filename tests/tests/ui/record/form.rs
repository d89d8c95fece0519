use diesel_audit::Audited;

diesel::table! {
    orders (id) {
        id -> Int8,
        total -> Int4,
    }
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(record(client_adr, query, query, user))]
struct Order {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(record)]
struct NoList {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(record())]
struct Empty {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(record = "query")]
struct Text {
    id: i64,
    total: i32,
}

fn main() {}
