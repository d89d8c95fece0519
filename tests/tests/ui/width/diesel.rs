use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        name -> Text,
    }
}

#[derive(Audited)]
#[diesel(table_name = users)]
struct User {
    id: i64,
    c0: i32, c1: i32, c2: i32, c3: i32, c4: i32, c5: i32, c6: i32, c7: i32, c8: i32, c9: i32,
    c10: i32, c11: i32, c12: i32, c13: i32, c14: i32, c15: i32, c16: i32, c17: i32, c18: i32, c19: i32,
    c20: i32, c21: i32, c22: i32, c23: i32, c24: i32, c25: i32, c26: i32, c27: i32, c28: i32, c29: i32,
    c30: i32, c31: i32, c32: i32, c33: i32, c34: i32, c35: i32, c36: i32, c37: i32, c38: i32, c39: i32,
    c40: i32, c41: i32, c42: i32, c43: i32, c44: i32, c45: i32, c46: i32, c47: i32, c48: i32, c49: i32,
    c50: i32, c51: i32, c52: i32, c53: i32, c54: i32, c55: i32, c56: i32, c57: i32, c58: i32, c59: i32,
    c60: i32, c61: i32, c62: i32, c63: i32, c64: i32, c65: i32, c66: i32, c67: i32, c68: i32, c69: i32,
    c70: i32, c71: i32, c72: i32, c73: i32, c74: i32, c75: i32, c76: i32, c77: i32, c78: i32, c79: i32,
    c80: i32, c81: i32, c82: i32, c83: i32, c84: i32, c85: i32, c86: i32, c87: i32, c88: i32, c89: i32,
    c90: i32, c91: i32, c92: i32, c93: i32, c94: i32, c95: i32, c96: i32, c97: i32, c98: i32, c99: i32,
    c100: i32, c101: i32, c102: i32, c103: i32, c104: i32, c105: i32, c106: i32, c107: i32, c108: i32, c109: i32,
    c110: i32, c111: i32, c112: i32, c113: i32, c114: i32, c115: i32, c116: i32, c117: i32, c118: i32, c119: i32,
    c120: i32, c121: i32, c122: i32, c123: i32, c124: i32, c125: i32, c126: i32, c127: i32, c128: i32, c129: i32,
}

fn main() {}
