//! A crate that denies every lint it can: generated code raises none.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    unused_lifetimes,
    single_use_lifetimes,
    trivial_bounds,
    let_underscore_drop,
    clippy::all,
    clippy::pedantic
)]

/// The tables.
pub(crate) mod schema {
    pub(crate) mod sql_types {
        #[allow(unreachable_pub)]
        #[derive(Debug, diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
        #[diesel(postgres_type(name = "mood"))]
        pub struct Mood;
    }

    diesel::table! {
        use diesel::sql_types::*;
        use super::sql_types::Mood;

        people (id, name) {
            id -> Int8,
            name -> Text,
            mood -> Mood,
            moods -> Nullable<Array<Mood>>,
            #[sql_name = "type"]
            type_ -> Nullable<Float8>,
            secret -> Text,
            password -> Text,
            hunch -> Mood,
            #[sql_name = "tax id"]
            tax_id -> Nullable<Text>,
            diary -> Nullable<Array<Mood>>,
        }
    }

    diesel::table! {
        pets (id) {
            id -> Int8,
        }
    }

    diesel::table! {
        toys (id) {
            id -> Int8,
        }
    }
}

/// Who asks.
#[derive(Debug, diesel_audit::AuditContext)]
pub(crate) struct Request<'a> {
    /// The user.
    pub(crate) username: &'a str,
    reason: Option<String>,
}

/// A model with the settings of a context.
#[derive(Debug, Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = schema::pets, check_for_backend(Pg))]
#[audit(context_type = Request)]
pub(crate) struct Pet {
    /// The key.
    pub(crate) id: i64,
}

/// One that writes them itself.
#[derive(Debug, Audited)]
#[diesel(table_name = schema::toys)]
#[audit(context_type = Request, session_settings(username: Text))]
pub(crate) struct Toy {
    /// The key.
    pub(crate) id: i64,
}

/// A context that no model names.
#[derive(Debug, diesel_audit::AuditContext)]
struct Job {
    number: i64,
}

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel_audit::{Audited, Digest, OnChange, Redacted, ToAuditContext};

/// A feeling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow)]
pub(crate) enum Mood {
    /// The good one.
    Happy,
}

impl FromSql<schema::sql_types::Mood, Pg> for Mood {
    fn from_sql(_: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::Happy)
    }
}

/// A model with fields of every visibility.
#[derive(Debug, Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = schema::people, primary_key(id, name), check_for_backend(Pg))]
#[audit(session_settings(username: Text, since: Nullable<Timestamptz>), exclude(secret))]
pub(crate) struct Person {
    /// The first half of the key.
    pub(crate) id: i64,
    /// The second half.
    pub(crate) name: String,
    #[audit(sql_type = schema::sql_types::Mood)]
    pub(crate) mood: Mood,
    #[audit(sql_type = Array<schema::sql_types::Mood>)]
    moods: Option<Vec<Mood>>,
    #[diesel(column_name = type_)]
    r#type: Option<f64>,
    #[audit(redact)]
    password: String,
    #[audit(redact, sql_type = schema::sql_types::Mood)]
    hunch: Mood,
    #[audit(hash, sql_name = "tax id")]
    tax_id: Option<String>,
    #[audit(on_change, sql_type = Array<schema::sql_types::Mood>)]
    diary: Option<Vec<Mood>>,
}

#[test]
fn what_is_generated_can_be_used() {
    let query = Person::history((7, "Ada")).filter(people_audit::audit_username.eq("ben"));
    let sql = diesel::debug_query::<Pg, _>(&query).to_string();
    assert!(
        sql.ends_with(
            "WHERE (((\"audit\".\"people_audit\".\"id\" = $1) \
             AND (\"audit\".\"people_audit\".\"name\" = $2)) \
             AND (\"audit\".\"people_audit\".\"audit_username\" = $3)) \
             ORDER BY \"audit\".\"people_audit\".\"audit_id\" -- binds: [7, \"Ada\", \"ben\"]"
        ),
        "{sql}"
    );
    let request = Request {
        username: "ben",
        reason: None,
    };
    assert!(request.to_audit_context().is_ok());
    assert!(Job { number: 7 }.to_audit_context().is_ok());
    let _: fn(Pet, Toy) -> _ = |pet, toy| (pet.id, toy.id);
    let _: fn(Person) -> _ = |row| (row.mood, row.moods, row.r#type, row.password);
    let _: fn(Person) -> _ = |row| (row.hunch, row.tax_id, row.diary);
    let _: fn(PersonAudit) -> [Option<Redacted>; 2] = |row| [row.password, row.hunch];
    let _: fn(PersonAudit) -> Option<Digest> = |row| row.tax_id;
    let _: fn(PersonAudit) -> OnChange<Vec<Mood>> = |row| row.diary;
}
