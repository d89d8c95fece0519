//! The description of a table that is there.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Nullable, Oid, Text};
use diesel_audit_model::names::Conventions;
use diesel_audit_model::quote::literal;
use diesel_audit_model::{AuditedTable, Column, PgType, Policy, QualifiedName, Recording, Setting};

/// Describes a table of the database, with a required user and an optional
/// request, as the derive would from its `table!`.
pub fn describe(conn: &mut PgConnection, source: QualifiedName) -> AuditedTable {
    let attributes = attributes(conn, &source);
    assert!(!attributes.is_empty(), "there is no table {source}");
    let mut key: Vec<&Attribute> = attributes
        .iter()
        .filter(|a| a.key_position.is_some())
        .collect();
    key.sort_by_key(|attribute| attribute.key_position);
    let conventions = Conventions::default();
    AuditedTable {
        audit: QualifiedName::new("audit", conventions.table(&source)),
        function: conventions.function(&source).into(),
        trigger: conventions.trigger(&source).into(),
        settings: vec![
            setting("username", PgType::builtin("text"), true),
            setting("request_id", PgType::builtin("uuid"), false),
        ],
        primary_key: key
            .iter()
            .map(|attribute| attribute.name.clone().into())
            .collect(),
        columns: attributes.iter().map(column).collect(),
        unlisted: Vec::new(),
        policy: Policy::DEFAULT,
        source,
    }
}

/// A session setting.
pub fn setting(name: &'static str, sql_type: PgType, required: bool) -> Setting {
    Setting {
        name: name.into(),
        sql_type,
        required,
        index: false,
    }
}

/// A table of the schema `public`.
pub fn public(name: &str) -> QualifiedName {
    QualifiedName::new("public", name.to_owned())
}

fn column(attribute: &Attribute) -> Column {
    Column {
        name: attribute.name.clone().into(),
        sql_type: attribute.diesel_type(),
        recording: Recording::Value,
    }
}

#[derive(QueryableByName)]
struct Attribute {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Integer>)]
    key_position: Option<i32>,
    /// The type with its domains resolved.
    #[diesel(sql_type = Oid)]
    base: u32,
    /// Name and schema of that type, or of its elements.
    #[diesel(sql_type = Text)]
    type_name: String,
    #[diesel(sql_type = Text)]
    type_schema: String,
    #[diesel(sql_type = Bool)]
    array: bool,
}

impl Attribute {
    /// `Varchar` and `Bpchar` are other names of Diesel's `Text`; what is in
    /// the schema `public` stands without it.
    fn diesel_type(&self) -> PgType {
        match self.base {
            1042 | 1043 => PgType::builtin("text"),
            1014 | 1015 => PgType {
                array: true,
                ..PgType::builtin("text")
            },
            oid => PgType::from_oid(oid).unwrap_or_else(|| PgType {
                schema: (self.type_schema != "public").then(|| self.type_schema.clone().into()),
                name: self.type_name.clone().into(),
                array: self.array,
            }),
        }
    }
}

fn attributes(conn: &mut PgConnection, source: &QualifiedName) -> Vec<Attribute> {
    let query = format!(
        "WITH RECURSIVE base (number, type) AS (
             SELECT attnum, atttypid FROM pg_attribute
             WHERE attrelid = {}::regclass AND attnum > 0 AND NOT attisdropped
             UNION ALL
             SELECT number, typbasetype FROM base JOIN pg_type ON oid = type WHERE typtype = 'd'
         )
         SELECT attname::text AS name, t.oid AS base,
             array_position(indkey::int2[], attnum) AS key_position,
             named.typname::text AS type_name, nspname::text AS type_schema,
             element.oid IS NOT NULL AS array
         FROM base
         JOIN pg_attribute ON attrelid = {0}::regclass AND attnum = number
         JOIN pg_type t ON t.oid = type AND t.typtype <> 'd'
         LEFT JOIN pg_type element ON element.typarray = t.oid
         JOIN pg_type named ON named.oid = coalesce(element.oid, t.oid)
         JOIN pg_namespace ON pg_namespace.oid = named.typnamespace
         LEFT JOIN pg_index ON indrelid = attrelid AND indisprimary
         ORDER BY attnum",
        literal(&source.to_string())
    );
    diesel::sql_query(query)
        .load(conn)
        .unwrap_or_else(|error| panic!("cannot describe {source}: {error}"))
}
