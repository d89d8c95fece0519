//! One model for each word, and what it becomes: every word comes or goes once.

use diesel_audit_sql::Declared;

use super::changes::{Model, altered, change};
use super::stage::Outcome;

mod sql_types {
    #[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(name = "plan", schema = "shop"))]
    pub struct Plan;
}

/// The tables, which all look alike: an enum, a domain and an array, whose
/// operators pg_catalog has for no type exactly.
pub(super) const CREATE: &str = "
    CREATE SCHEMA shop;
    CREATE TYPE shop.plan AS ENUM ('free', 'paid');
    CREATE DOMAIN shop.email AS text;
    CREATE TABLE shop.plain (
        id bigint, part integer, name text, email shop.email, phone varchar(40), code char(4), note text,
        amount numeric(12, 2), active boolean, tags text[], plan shop.plan, doc jsonb, seen timestamptz,
        PRIMARY KEY (id)
    );
    CREATE TABLE shop.composite (LIKE shop.plain, PRIMARY KEY (id, part));
    CREATE TABLE shop.personal (LIKE shop.plain INCLUDING INDEXES);
    CREATE TABLE shop.quiet (LIKE shop.plain INCLUDING INDEXES);
    CREATE TABLE shop.sealed (LIKE shop.plain INCLUDING INDEXES);
    CREATE TABLE shop.noted (LIKE shop.plain INCLUDING INDEXES);
    CREATE TABLE shop.changed (LIKE shop.plain INCLUDING INDEXES);
    CREATE TABLE shop.parts (LIKE shop.plain INCLUDING INDEXES) PARTITION BY RANGE (id);
    CREATE TABLE shop.parts_low PARTITION OF shop.parts FOR VALUES FROM (0) TO (1000);
    CREATE TABLE shop.parts_high PARTITION OF shop.parts FOR VALUES FROM (1000) TO (2000)";

/// The types of the database itself, which may have hostile operators, too.
pub(super) const TYPES: [&str; 12] = [
    "shop.plan",
    "shop.plan[]",
    "shop.email",
    "shop.plain",
    "shop.composite",
    "shop.personal",
    "shop.quiet",
    "shop.sealed",
    "shop.noted",
    "shop.changed",
    "shop.parts",
    "shop.parts_low",
];

/// A partition goes with its table.
pub(super) const TABLES_OF_THE_APPLICATION: [&str; 8] = [
    "plain",
    "composite",
    "personal",
    "quiet",
    "sealed",
    "noted",
    "changed",
    "parts",
];

macro_rules! model {
    ($name:ident, $table:ident, ($($key:ident),+), [$($words:tt)*], $($(#[$how:meta])* $field:ident: $type:ty),*) => {
        pub(super) mod $name {
            use super::sql_types;

            diesel::table! {
                use diesel::sql_types::*;
                use super::sql_types::Plan;

                shop.$table ($($key),+) {
                    id -> Int8,
                    part -> Nullable<Int4>,
                    name -> Nullable<Text>,
                    email -> Nullable<Text>,
                    phone -> Nullable<Varchar>,
                    code -> Nullable<Bpchar>,
                    note -> Nullable<Text>,
                    amount -> Nullable<Numeric>,
                    active -> Nullable<Bool>,
                    tags -> Nullable<Array<Nullable<Text>>>,
                    plan -> Nullable<Plan>,
                    doc -> Nullable<Jsonb>,
                    seen -> Nullable<Timestamptz>,
                }
            }

            #[derive(diesel_audit::Audited)]
            #[diesel(table_name = $table, primary_key($($key),+))]
            #[audit(source_schema = "shop", $($words)*)]
            #[allow(dead_code)]
            pub(super) struct Model {
                id: i64,
                $($(#[$how])* $field: Option<$type>,)*
            }
        }
    };
}

model!(plain, plain, (id), [session_settings(username: Text, request_id: Nullable<Uuid>)], name: String);
model!(plain_after, plain, (id), [session_settings(username: Nullable<Text>, service: Text), exclude(note, amount)], name: String);
model!(composite, composite, (id, part), [session_settings(username: Text)], name: String);
model!(composite_after, composite, (id, part), [session_settings(username: Text), operations(insert, update)], name: String);
model!(personal, personal, (id), [session_settings(username: Text)],
    #[audit(redact)] name: String, #[audit(hash)] email: String, #[audit(on_change)] note: String, phone: String);
model!(personal_after, personal, (id), [session_settings(username: Text)],
    #[audit(hash)] name: String, #[audit(on_change)] email: String, note: String, #[audit(redact)] phone: String);
model!(quiet, quiet, (id), [session_settings(username: Text), skip_unchanged, when = "NEW.active"], name: String);
model!(quiet_after, quiet, (id), [session_settings(username: Text), when = "OLD.active OR NEW.active"], name: String);
model!(sealed, sealed, (id), [session_settings(username: Text), append_only, seals], name: String);
model!(sealed_after, sealed, (id), [session_settings(username: Text, request_id: Nullable<Uuid>), seals, max_value_bytes = 4096], #[audit(skip)] note: String);
model!(noted, noted, (id), [session_settings(username: Text), record(query, application_name, backend_pid, client_addr), context = "transaction"], name: String);
model!(noted_after, noted, (id), [session_settings(username: Text), record(client_addr), unaudited = "forbid"], name: String);
model!(parts, parts, (id), [session_settings(username: Text)], name: String);
model!(parts_after, parts, (id), [session_settings(username: Text), append_only, skip_unchanged], #[audit(on_change)] name: String);
model!(changed, changed, (id), [session_settings(username: Text)], name: String);

/// All of them, or for a short run those whose SQL has the most in it.
pub(super) fn models(quick: bool) -> Outcome<Vec<Model>> {
    macro_rules! pair {
        ($name:literal, $before:ident, $after:ident) => {
            Model {
                name: $name,
                change: change(
                    &$before::Model::audited_table()?,
                    Declared::from($after::Model::audited_table()?),
                )?,
                table: $before::Model::audited_table()?,
                own: ["", ""],
            }
        };
    }
    use diesel_audit::Audited as _;

    let mut models = vec![
        pair!("plain", plain, plain_after),
        pair!("personal", personal, personal_after),
        pair!("sealed", sealed, sealed_after),
        altered(changed::Model::audited_table()?)?,
    ];
    if !quick {
        models.extend([
            pair!("composite", composite, composite_after),
            pair!("quiet", quiet, quiet_after),
            pair!("noted", noted, noted_after),
            pair!("parts", parts, parts_after),
        ]);
    }
    Ok(models)
}
