use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
    }
}

mod redacted {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(record(query), table = "redacted_audit")]
    struct User {
        id: i64,
        #[audit(redact)]
        email: String,
    }
}

mod hashed {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(record(backend_pid, query), table = "hashed_audit")]
    struct User {
        id: i64,
        #[audit(hash)]
        email: String,
    }
}

fn main() {}
