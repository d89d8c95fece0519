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
    #[audit(table = "redacted_audit")]
    struct User {
        id: i64,
        #[audit(redact = true)]
        email: String,
    }
}

mod hashed {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "hashed_audit")]
    struct User {
        id: i64,
        #[audit(hash("sha512"))]
        email: String,
    }
}

mod misspelt {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(table = "misspelt_audit")]
    struct User {
        id: i64,
        #[audit(onchange)]
        email: String,
    }
}

fn main() {}
