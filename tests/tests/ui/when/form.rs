use diesel_audit::Audited;

diesel::table! {
    orders (id) {
        id -> Int8,
        total -> Int4,
    }
}

mod form {
    use super::*;

    #[derive(Audited)]
    #[diesel(table_name = orders)]
    #[audit(when = 100, when = "true")]
    struct Order {
        id: i64,
        total: i32,
    }
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when(total > 100))]
struct Other {
    id: i64,
    total: i32,
}

fn main() {}
