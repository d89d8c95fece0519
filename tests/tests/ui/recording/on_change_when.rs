use diesel_audit::Audited;

diesel::table! {
    users (id) {
        id -> Int8,
        email -> Text,
    }
}

mod when {
    use super::Audited;

    #[derive(Audited)]
    #[diesel(table_name = crate::users)]
    #[audit(when = "NEW.id > 1", table = "when_audit")]
    struct User {
        id: i64,
        #[audit(on_change)]
        email: String,
    }
}

fn main() {}
