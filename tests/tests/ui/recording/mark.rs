use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
        audit_changed_email -> Nullable<Text>,
        audit_hash_email -> Nullable<Text>,
    }
}

mod redacted {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "redacted_audit")]
    struct User {
        id: i64,
        #[audit(redact)]
        email: String,
        audit_changed_email: Option<String>,
    }
}

mod hashed {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "hashed_audit")]
    struct User {
        id: i64,
        #[audit(hash)]
        email: String,
        audit_hash_email: Option<String>,
    }
}

mod on_change {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "on_change_audit")]
    struct User {
        id: i64,
        #[audit(on_change)]
        email: String,
        audit_changed_email: Option<String>,
    }
}

mod setting {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(session_settings(changed_email: Text), table = "setting_audit")]
    struct User {
        id: i64,
        #[audit(redact)]
        email: String,
    }
}

fn main() {}
