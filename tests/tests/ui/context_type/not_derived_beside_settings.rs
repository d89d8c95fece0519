use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
    }
}

struct Request {
    username: String,
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(context_type = Request, session_settings(username: Text))]
struct User {
    id: i64,
}

fn main() {}
