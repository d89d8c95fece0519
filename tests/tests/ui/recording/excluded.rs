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
    #[audit(exclude(email), table = "redact_audit")]
    struct User {
        id: i64,
        #[audit(redact)]
        email: String,
    }
}

mod hash {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(exclude(email), table = "hash_audit")]
    struct User {
        id: i64,
        #[audit(hash)]
        email: String,
    }
}

mod on_change {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(exclude(email), table = "on_change_audit")]
    struct User {
        id: i64,
        #[audit(on_change)]
        email: String,
    }
}

fn main() {}
