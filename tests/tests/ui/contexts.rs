//! Where and how a context can stand, and the models that take its settings.
// Nobody loads the models.
#![allow(dead_code)]

use diesel::prelude::*;
use diesel_audit::{Audited, ToAuditContext};

use self::reexported::Reexported;

mod schema {
    diesel::table! {
        users (id) {
            id -> Int8,
        }
    }
}

#[allow(unreachable_pub)]
mod context {
    use diesel_audit::AuditContext;

    #[derive(AuditContext)]
    pub struct RequestContext {
        pub username: String,
        pub request_id: Option<uuid::Uuid>,
    }

    #[derive(AuditContext)]
    pub(super) struct Borrowed<'a, T: std::fmt::Display> {
        pub(super) username: &'a str,
        #[audit(sql_type = BigInt)]
        pub(super) tenant: Option<T>,
        #[audit(skip)]
        pub(super) retries: Vec<u8>,
        pub(super) r#type: std::borrow::Cow<'a, str>,
    }

    #[derive(AuditContext)]
    pub(in crate::contexts) struct InPath {
        pub(in crate::contexts) username: String,
    }
}

#[allow(unreachable_pub)]
mod reexported {
    pub use super::context::RequestContext as Reexported;
}

/// The names and whether they are required.
fn settings<M: Audited>() -> Vec<(String, bool)> {
    let table = M::audited_table().unwrap();
    let settings = table.settings.into_iter();
    settings
        .map(|s| (s.name.into_owned(), s.required))
        .collect()
}

fn check<M: Audited>(expected: &[(&str, bool)]) {
    let expected: Vec<(String, bool)> = expected
        .iter()
        .map(|&(name, required)| (name.to_owned(), required))
        .collect();
    assert_eq!(settings::<M>(), expected);
}

const OF_REQUEST: &[(&str, bool)] = &[("username", true), ("request_id", false)];

mod by_a_path {
    use super::*;

    #[derive(Queryable, Selectable, Identifiable, Audited)]
    #[diesel(table_name = schema::users)]
    #[audit(context_type = crate::contexts::context::RequestContext, context = "transaction")]
    pub(super) struct User {
        id: i64,
    }

    #[test]
    fn gives_settings() {
        check::<User>(OF_REQUEST);
        let columns = (users_audit::audit_username, users_audit::audit_request_id);
        let _ = User::history(1)
            .filter(columns.0.eq("a"))
            .filter(columns.1.is_null());
    }
}

mod by_its_name {
    use super::context::RequestContext;
    use super::*;

    #[derive(Audited)]
    #[diesel(table_name = schema::users)]
    #[audit(context_type = RequestContext)]
    pub(super) struct User {
        id: i64,
    }
}

mod by_another_name {
    use super::context::RequestContext as Who;
    use super::*;

    #[derive(Audited)]
    #[diesel(table_name = schema::users)]
    #[audit(context_type = Who)]
    pub(super) struct User {
        id: i64,
    }
}

mod by_a_star {
    use super::context::*;
    use super::*;

    #[derive(Audited)]
    #[diesel(table_name = schema::users)]
    #[audit(context_type = RequestContext)]
    pub(super) struct User {
        id: i64,
    }
}

mod through_a_reexport {
    use super::*;

    #[derive(Audited)]
    #[diesel(table_name = schema::users)]
    #[audit(context_type = Reexported)]
    pub(super) struct User {
        id: i64,
    }
}

mod with_parameters {
    use super::*;

    #[derive(Audited)]
    #[diesel(table_name = schema::users)]
    #[audit(context_type = super::context::Borrowed::<'static, u8>)]
    pub(super) struct User {
        id: i64,
    }
}

mod beside_settings {
    use super::*;

    #[derive(Audited)]
    #[diesel(table_name = schema::users)]
    #[audit(
        context_type = super::context::Borrowed::<'static, u8>,
        session_settings(r#type: Text, username: Nullable<Varchar>, tenant: Nullable<Int8> = "1")
    )]
    pub(super) struct User {
        id: i64,
    }
}

mod below_the_model {
    use super::*;

    #[derive(Audited)]
    #[diesel(table_name = schema::users)]
    #[audit(context_type = Below)]
    pub(super) struct User {
        id: i64,
    }

    #[derive(diesel_audit::AuditContext)]
    struct Below {
        username: String,
    }
}

/// A struct of the derive's own name takes the derive by its path.
mod of_the_same_name {
    use super::*;

    #[derive(diesel_audit::AuditContext)]
    pub(super) struct AuditContext {
        pub(super) username: String,
    }

    #[derive(Audited)]
    #[diesel(table_name = schema::users)]
    #[audit(context_type = AuditContext)]
    pub(super) struct User {
        id: i64,
    }
}

#[test]
fn settings_of_models() {
    check::<by_its_name::User>(OF_REQUEST);
    check::<by_another_name::User>(OF_REQUEST);
    check::<by_a_star::User>(OF_REQUEST);
    check::<through_a_reexport::User>(OF_REQUEST);
    let borrowed = [("username", true), ("tenant", false), ("type", true)];
    check::<with_parameters::User>(&borrowed);
    let beside = [("type", true), ("username", false), ("tenant", false)];
    check::<beside_settings::User>(&beside);
    check::<below_the_model::User>(&[("username", true)]);
    check::<of_the_same_name::User>(&[("username", true)]);
}

#[test]
fn in_a_function() {
    #[derive(Audited)]
    #[diesel(table_name = schema::users)]
    #[audit(context_type = Inside)]
    struct User {
        id: i64,
    }

    #[derive(diesel_audit::AuditContext)]
    struct Inside {
        username: String,
    }

    check::<User>(&[("username", true)]);
}

#[test]
fn values() {
    let borrowed = context::Borrowed {
        username: "O'Brien",
        tenant: Some(7_u8),
        retries: Vec::new(),
        r#type: "a".into(),
    };
    let context = borrowed.to_audit_context().unwrap();
    let found: Vec<_> = context.iter().collect();
    assert_eq!(
        found,
        [("username", "O'Brien"), ("tenant", "7"), ("type", "a")]
    );

    let in_path = context::InPath {
        username: " ".to_owned(),
    };
    let error = in_path.to_audit_context().unwrap_err();
    assert!(error.to_string().contains("username"), "{error}");
}
