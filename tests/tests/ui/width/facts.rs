use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
#[audit(record(application_name, client_addr, backend_pid, query))]
struct User {
    id: i64,
    c0: i32, c1: i32, c2: i32, c3: i32, c4: i32, c5: i32, c6: i32, c7: i32, c8: i32, c9: i32,
    c10: i32, c11: i32, c12: i32, c13: i32, c14: i32, c15: i32, c16: i32, c17: i32, c18: i32, c19: i32,
    c20: i32, c21: i32, c22: i32, c23: i32, c24: i32, c25: i32, c26: i32, c27: i32, c28: i32, c29: i32,
    c30: i32, c31: i32, c32: i32, c33: i32, c34: i32, c35: i32, c36: i32, c37: i32, c38: i32, c39: i32,
    c40: i32, c41: i32, c42: i32, c43: i32, c44: i32, c45: i32, c46: i32, c47: i32, c48: i32, c49: i32,
    c50: i32, c51: i32, c52: i32,
}

fn main() {}
