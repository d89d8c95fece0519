use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
    }
}

mod skip_redact {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "skip_redact_audit")]
    struct User {
        id: i64,
        #[audit(skip, redact)]
        email: String,
    }
}

mod skip_hash {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "skip_hash_audit")]
    struct User {
        id: i64,
        #[audit(skip, hash)]
        email: String,
    }
}

mod skip_on_change {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "skip_on_change_audit")]
    struct User {
        id: i64,
        #[audit(skip, on_change)]
        email: String,
    }
}

mod redact_hash {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "redact_hash_audit")]
    struct User {
        id: i64,
        #[audit(redact, hash)]
        email: String,
    }
}

mod redact_on_change {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "redact_on_change_audit")]
    struct User {
        id: i64,
        #[audit(redact, on_change)]
        email: String,
    }
}

mod hash_on_change {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "hash_on_change_audit")]
    struct User {
        id: i64,
        #[audit(hash, on_change)]
        email: String,
    }
}

mod three {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "three_audit")]
    struct User {
        id: i64,
        #[audit(redact, hash, on_change)]
        email: String,
    }
}

fn main() {}
