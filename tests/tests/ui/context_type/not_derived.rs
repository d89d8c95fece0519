use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

mod context {
    pub struct Request {
        pub username: String,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(context_type = context::Request)]
struct User {
    id: i64,
}

fn main() {}
