use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
    }
}

mod no_insert {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(operations(update, delete, truncate), table = "no_insert_audit")]
    struct User {
        id: i64,
        #[audit(on_change)]
        email: String,
    }
}

mod no_update {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(operations(insert, delete), table = "no_update_audit")]
    struct User {
        id: i64,
        #[audit(on_change)]
        email: String,
    }
}

mod neither {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(operations(delete), table = "neither_audit")]
    struct User {
        id: i64,
        #[audit(on_change)]
        email: String,
    }
}

fn main() {}
