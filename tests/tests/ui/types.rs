//! Each Rust type that needs no `sql_type`, and types that do.
// Nobody loads the models.
#![allow(dead_code)]

use std::collections::Bound;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::data_types::{PgDate, PgInterval, PgMoney, PgNumeric, PgTime, PgTimestamp};
use diesel::pg::{Pg, PgValue};
use diesel_audit::Audited;

pub(crate) mod sql_types {
    // Types of a `table!` have to be `pub`, since it makes its columns so.
    #![allow(unreachable_pub)]

    #[derive(Debug, diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "mood"))]
    pub struct Mood;

    #[derive(Debug, diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "Mixed Case", schema = "other"))]
    pub struct Mixed;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow)]
pub(crate) struct Mood;

impl FromSql<sql_types::Mood, Pg> for Mood {
    fn from_sql(_: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Mood)
    }
}

impl FromSql<sql_types::Mixed, Pg> for Mood {
    fn from_sql(_: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Mood)
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::{Mixed, Mood};

    zoo (id) {
        id -> Int8,
        a_bool -> Bool,
        a_smallint -> Int2,
        an_integer -> Nullable<Int4>,
        an_oid -> Oid,
        a_float -> Float4,
        a_double -> Float8,
        a_text -> Varchar,
        a_bytea -> Bytea,
        texts -> Array<Text>,
        some_texts -> Nullable<Array<Nullable<Text>>>,
        byteas -> Array<Bytea>,
        a_timestamp -> Timestamp,
        a_timestamptz -> Timestamptz,
        a_date -> Date,
        a_time -> Time,
        std_time -> Timestamp,
        pg_timestamp -> Timestamp,
        pg_date -> Date,
        pg_time -> Time,
        an_interval -> Interval,
        a_uuid -> Uuid,
        a_json -> Json,
        a_jsonb -> Jsonb,
        a_numeric -> Numeric,
        pg_numeric -> Numeric,
        money -> Money,
        an_inet -> Inet,
        a_cidr -> Cidr,
        a_macaddr -> Macaddr,
        a_range -> Range<Integer>,
        time_range -> Nullable<Tstzrange>,
        a_multirange -> Int4multirange,
        a_citext -> Citext,
        a_char -> CChar,
        mood -> Mood,
        moods -> Nullable<Array<Mood>>,
        some_moods -> Array<Nullable<Mood>>,
        mixed -> Mixed,
    }
}

mod models {
    use super::*;

    pub(super) mod imported {
        pub(in super::super) use super::super::sql_types as renamed;
    }
    use imported::renamed;

    #[derive(Audited)]
    #[diesel(table_name = super::zoo)]
    #[audit(session_settings(
        text: Text, bool: Nullable<Bool>, int: diesel::sql_types::Nullable<Integer>, uuid: Nullable<Uuid>,
        json: Nullable<Jsonb>, at: Nullable<Timestamptz>, double: Nullable<diesel::sql_types::Double>,
        small: Nullable<Int2>, big: Nullable<Bigint>, float: Nullable<Float4>, plain_json: Nullable<Json>,
        varchar: Nullable<Varchar>
    ))]
    pub(super) struct Zoo {
        id: i64,
        a_bool: bool,
        a_smallint: i16,
        an_integer: Option<i32>,
        an_oid: u32,
        a_float: f32,
        a_double: f64,
        a_text: String,
        a_bytea: Vec<u8>,
        texts: Vec<String>,
        some_texts: Option<Vec<Option<String>>>,
        byteas: Vec<Vec<u8>>,
        a_timestamp: chrono::NaiveDateTime,
        a_timestamptz: chrono::DateTime<chrono::Utc>,
        a_date: chrono::NaiveDate,
        a_time: chrono::NaiveTime,
        std_time: std::time::SystemTime,
        pg_timestamp: PgTimestamp,
        pg_date: PgDate,
        pg_time: PgTime,
        an_interval: PgInterval,
        a_uuid: uuid::Uuid,
        #[audit(sql_type = Json)]
        a_json: serde_json::Value,
        a_jsonb: serde_json::Value,
        a_numeric: bigdecimal::BigDecimal,
        pg_numeric: PgNumeric,
        money: PgMoney,
        an_inet: ipnetwork::IpNetwork,
        #[audit(sql_type = Cidr)]
        a_cidr: ipnetwork::IpNetwork,
        a_macaddr: [u8; 6],
        a_range: (Bound<i32>, Bound<i32>),
        #[allow(clippy::type_complexity)]
        time_range: Option<(
            Bound<chrono::DateTime<chrono::Utc>>,
            Bound<chrono::DateTime<chrono::Utc>>,
        )>,
        #[audit(sql_type = Multirange<Integer>)]
        a_multirange: Vec<(Bound<i32>, Bound<i32>)>,
        #[diesel(sql_type = Citext)]
        a_citext: String,
        #[audit(sql_type = diesel::sql_types::CChar)]
        a_char: u8,
        #[audit(sql_type = super::sql_types::Mood)]
        mood: Mood,
        #[audit(sql_type = Nullable<Array<renamed::Mood>>)]
        moods: Option<Vec<Mood>>,
        #[audit(sql_type = Array<Nullable<self::imported::renamed::Mood>>)]
        some_moods: Vec<Option<Mood>>,
        #[audit(sql_type = crate::types::sql_types::Mixed)]
        mixed: Mood,
    }
}

#[test]
fn the_types_of_postgresql() {
    let table = models::Zoo::audited_table().unwrap();
    let types: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("{} {}", column.name, column.sql_type))
        .collect();
    assert_eq!(
        types,
        [
            "id bigint",
            "a_bool boolean",
            "a_smallint smallint",
            "an_integer integer",
            "an_oid oid",
            "a_float real",
            "a_double double precision",
            "a_text text",
            "a_bytea bytea",
            "texts text[]",
            "some_texts text[]",
            "byteas bytea[]",
            "a_timestamp timestamp without time zone",
            "a_timestamptz timestamp with time zone",
            "a_date date",
            "a_time time without time zone",
            "std_time timestamp without time zone",
            "pg_timestamp timestamp without time zone",
            "pg_date date",
            "pg_time time without time zone",
            "an_interval interval",
            "a_uuid uuid",
            "a_json \"json\"",
            "a_jsonb jsonb",
            "a_numeric numeric",
            "pg_numeric numeric",
            "money money",
            "an_inet inet",
            "a_cidr cidr",
            "a_macaddr macaddr",
            "a_range int4range",
            "time_range tstzrange",
            "a_multirange int4multirange",
            "a_citext citext",
            "a_char \"char\"",
            "mood mood",
            "moods mood[]",
            "some_moods mood[]",
            "mixed other.\"Mixed Case\"",
        ]
    );
    let settings: Vec<String> = table
        .settings
        .iter()
        .map(|setting| format!("{} {} {}", setting.name, setting.sql_type, setting.required))
        .collect();
    assert_eq!(
        settings,
        [
            "text text true",
            "bool boolean false",
            "int integer false",
            "uuid uuid false",
            "json jsonb false",
            "at timestamp with time zone false",
            "double double precision false",
            "small smallint false",
            "big bigint false",
            "float real false",
            "plain_json \"json\" false",
            "varchar text false",
        ]
    );
}

diesel::table! {
    nested (id) {
        id -> Int8,
        unknown -> Array<Array<Int4>>,
    }
}

#[derive(Audited)]
#[diesel(table_name = nested)]
struct Nested {
    id: i64,
}

#[test]
fn a_type_that_postgresql_does_not_have() {
    assert_eq!(
        Nested::audited_table().unwrap_err().to_string(),
        "Nested: the column `unknown` has a type that PostgreSQL does not have: correct it in `table!`"
    );
}
