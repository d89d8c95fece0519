use diesel_audit::Audited;

diesel::table! {
    orders (id) {
        id -> Int8,
        total -> Int4,
    }
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "")]
struct Empty {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "-- NEW.total")]
struct Comment {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "NEW.total > 1; DROP TABLE orders")]
struct Statement {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "(NEW.total > 1")]
struct Open {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "NEW.total > 1) OR (true")]
struct Closed {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "NEW.total = '1")]
struct Quote {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "NEW.total /* > 1")]
struct EndlessComment {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "NEW.total > $1")]
struct Parameter {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = r"NEW.total::text ~ '\d'")]
struct Backslash {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "EXISTS (SELECT FROM orders)")]
struct Subquery {
    id: i64,
    total: i32,
}

#[derive(Audited)]
#[diesel(table_name = orders)]
#[audit(when = "NEW.total > 1\0")]
struct Nul {
    id: i64,
    total: i32,
}

fn main() {}
