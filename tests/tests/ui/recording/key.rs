use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
    }
}

mod redact {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "redact_audit")]
    struct User {
        #[audit(redact)]
        id: i64,
        email: String,
    }
}

mod hash {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "hash_audit")]
    struct User {
        #[audit(hash)]
        id: i64,
        email: String,
    }
}

mod on_change {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "on_change_audit")]
    struct User {
        #[audit(on_change)]
        id: i64,
        email: String,
    }
}

fn main() {}
