use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

struct Plan;

#[derive(Audited)]
#[diesel(table_name = users)]
struct User {
    id: i64,
    plan: Plan,
    plans: Option<Vec<Option<Plan>>>,
    count: u64,
}

fn main() {}
