use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(context_type = "RequestContext")]
struct Quoted {
    id: i64,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(context_type)]
struct Alone {
    id: i64,
}

fn main() {}
