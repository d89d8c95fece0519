use diesel_audit::Audited;

diesel::table! {
    orders (id) {
        id -> Int8,
        total -> Int4,
    }
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "NEW.total > 100", operations(truncate))]
struct Order {
    id: i64,
    total: i32,
}

fn main() {}
