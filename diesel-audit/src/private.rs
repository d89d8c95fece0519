//! What derived code names. Not part of the public API: it may change in any
//! release, since the derive of a version only ever meets its own runtime.

use std::borrow::Cow;

use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{HasSqlType, IntoNotNullable};
use diesel::{Expression, Table};
use diesel_audit_model::{
    AuditedTable, Column, Problem, Problems, QualifiedName, Recording, Setting,
};
pub use diesel_audit_model::{ContextScope, Operations, Policy, SessionFact, Unaudited};

pub use crate::context_settings::{ContextSetting, ContextSettings, gives, gives_always, gives_as};
use crate::metadata::{Columns, FoundColumn, Many, TypeRecorder};

#[cfg(feature = "derive")]
pub use diesel_audit_derive::audited_with;

/// What the derive read from the model, beside the types.
#[derive(Debug)]
pub struct Declaration<'a> {
    /// The name of the struct, for messages.
    pub model: &'static str,
    /// Where the derive takes the table to be: schema and name.
    pub source: (&'static str, &'static str),
    /// The audit table: schema and name.
    pub audit: (&'static str, &'static str),
    /// The trigger function.
    pub function: &'static str,
    /// The trigger.
    pub trigger: &'static str,
    /// The session settings.
    pub settings: &'a [SettingDeclaration],
    /// The SQL names of the columns that are not recorded.
    pub excluded: &'a [&'static str],
    /// Columns that the table has and `table!` does not.
    pub unlisted: &'a [&'static str],
    /// The switches.
    pub policy: Policy,
    /// The SQL names of the columns of which is recorded whether they changed.
    pub redact: &'a [&'static str],
    /// Those of which a digest is recorded.
    pub hash: &'a [&'static str],
    /// Those that are recorded where they changed.
    pub on_change: &'a [&'static str],
}

impl Declaration<'_> {
    fn recording(&self, column: &str) -> Recording {
        let said = [
            (Recording::Excluded, self.excluded),
            (Recording::Redact, self.redact),
            (Recording::Hash, self.hash),
            (Recording::OnChange, self.on_change),
        ];
        let found = said.into_iter().find(|(_, names)| names.contains(&column));
        found.map_or(Recording::Value, |(recording, _)| recording)
    }
}

/// A session setting with its type.
#[derive(Debug)]
pub struct SettingDeclaration {
    name: &'static str,
    required: bool,
    index: bool,
    sql_type: fn(&mut TypeRecorder) -> Option<diesel_audit_model::PgType>,
}

/// Declares a session setting of the type `ST`.
pub const fn setting<ST>(name: &'static str, required: bool, index: bool) -> SettingDeclaration
where
    Pg: HasSqlType<ST>,
{
    SettingDeclaration {
        name,
        required,
        index,
        sql_type: TypeRecorder::type_of::<ST>,
    }
}

/// Describes the table `T` as the declaration wants it audited.
///
/// # Errors
/// What the declaration and the `table!` disagree in, and columns of types
/// that PostgreSQL does not have.
pub fn describe<T, KeyForm>(declaration: &Declaration<'_>) -> Result<AuditedTable, Problems>
where
    T: Table + Default + QueryFragment<Pg>,
    T::AllColumns: Columns<Many>,
    T::PrimaryKey: Columns<KeyForm>,
{
    let mut problems = Vec::new();
    let mut types = TypeRecorder::default();
    let source = source::<T>(declaration, &mut problems);
    let settings = settings(declaration, &mut types, &mut problems);
    let columns = columns::<T>(declaration, &mut types, &mut problems);
    let mut key = Vec::new();
    T::PrimaryKey::describe(&mut key, &mut types);
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    Ok(AuditedTable {
        source,
        audit: QualifiedName::new(declaration.audit.0, declaration.audit.1),
        function: declaration.function.into(),
        trigger: declaration.trigger.into(),
        settings,
        columns,
        primary_key: key.into_iter().map(|column| column.name.into()).collect(),
        unlisted: declaration
            .unlisted
            .iter()
            .copied()
            .map(Cow::from)
            .collect(),
        policy: declaration.policy.clone(),
    })
}

/// A derive sees only tokens, so it assumes where the table is; the names of
/// the audit follow from that, and the SQL of `table!` tells whether it holds.
fn source<T>(declaration: &Declaration<'_>, problems: &mut Vec<Problem>) -> QualifiedName
where
    T: Default + QueryFragment<Pg>,
{
    let sql = diesel::debug_query::<Pg, _>(&T::default()).to_string();
    let found = qualified_name(&sql);
    let (schema, name) = declaration.source;
    if found.schema != schema {
        problems.push(Problem::new(
            declaration.model,
            format!(
                "`table!` puts the table into the schema `{0}`, `#[derive(Audited)]` took it to be in `{schema}`: \
                 write `#[audit(source_schema = {0:?})]`",
                found.schema
            ),
        ));
    }
    if found.name != name {
        problems.push(Problem::new(
            declaration.model,
            format!(
                "`table!` names the table `{0}`, `#[derive(Audited)]` took it to be `{name}`: \
                 write `#[audit(source_table = {0:?})]`",
                found.name
            ),
        ));
    }
    found
}

/// The name at the begin of Diesel's debug output, for example
/// `"shop"."items" -- binds: []`.
fn qualified_name(sql: &str) -> QualifiedName {
    let (first, rest) = quoted_identifier(sql);
    match rest.strip_prefix('.') {
        Some(rest) => QualifiedName::new(first, quoted_identifier(rest).0),
        None => QualifiedName::new(diesel_audit_model::names::DEFAULT_SOURCE_SCHEMA, first),
    }
}

/// An identifier in double quotes, a quote in it being doubled, and what
/// follows it.
fn quoted_identifier(sql: &str) -> (String, &str) {
    let mut identifier = String::new();
    let mut rest = sql.strip_prefix('"').unwrap_or(sql);
    while let Some((part, after)) = rest.split_once('"') {
        identifier.push_str(part);
        rest = after;
        match rest.strip_prefix('"') {
            Some(after) => {
                identifier.push('"');
                rest = after;
            }
            None => break,
        }
    }
    (identifier, rest)
}

fn settings(
    declaration: &Declaration<'_>,
    types: &mut TypeRecorder,
    problems: &mut Vec<Problem>,
) -> Vec<Setting> {
    let mut settings = Vec::new();
    for setting in declaration.settings {
        match (setting.sql_type)(types) {
            Some(sql_type) => settings.push(Setting {
                name: setting.name.into(),
                sql_type,
                required: setting.required,
                index: setting.index,
            }),
            None => problems.push(Problem::new(
                declaration.model,
                format!(
                    "the session setting `{}` has a type that PostgreSQL does not have",
                    setting.name
                ),
            )),
        }
    }
    settings
}

fn columns<T>(
    declaration: &Declaration<'_>,
    types: &mut TypeRecorder,
    problems: &mut Vec<Problem>,
) -> Vec<Column>
where
    T: Table,
    T::AllColumns: Columns<Many>,
{
    let mut found: Vec<FoundColumn> = Vec::new();
    T::AllColumns::describe(&mut found, types);
    for unlisted in declaration.unlisted {
        if found.iter().any(|column| column.name == *unlisted) {
            problems.push(Problem::new(
                declaration.model,
                format!(
                    "`table!` has the column `{unlisted}`: write it without quotes in `exclude(..)`"
                ),
            ));
        }
    }
    let mut columns = Vec::new();
    for FoundColumn { name, sql_type } in found {
        match sql_type {
            Some(sql_type) => columns.push(Column {
                name: name.into(),
                sql_type,
                recording: declaration.recording(name),
            }),
            None => problems.push(Problem::new(
                declaration.model,
                format!(
                    "the column `{name}` has a type that PostgreSQL does not have: \
                     correct it in `table!`"
                ),
            )),
        }
    }
    columns
}

/// Compiles when `table!` gives the column the type that it is recorded as,
/// both taken without nullability.
pub const fn recorded_as<Column, Declared>()
where
    Column: Expression,
    Column::SqlType: IntoNotNullable,
    <Column::SqlType as IntoNotNullable>::NotNullable: SameSqlType<Declared, Column>,
{
}

/// Says in the terms of the model why [`recorded_as`] does not compile.
#[diagnostic::on_unimplemented(
    message = "the column `{Column}` is `{Self}` in `table!`, but would be recorded as `{Declared}`",
    label = "this field says another SQL type than `table!`",
    note = "write `#[audit(sql_type = {Self})]` on the field"
)]
pub trait SameSqlType<Declared, Column> {}

impl<ST, Column> SameSqlType<ST, Column> for ST {}

/// Whether two names are the same, at compile time.
pub const fn same_name(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_sql_of_a_table() {
        for (sql, schema, name) in [
            ("\"users\" -- binds: []", "public", "users"),
            ("\"shop\".\"items\" -- binds: []", "shop", "items"),
            ("\"a\"\".\"\"b\".\"c\"\"\" -- binds: []", "a\".\"b", "c\""),
            ("\".\".\"\" -- binds: []", ".", ""),
        ] {
            assert_eq!(
                qualified_name(sql),
                QualifiedName::new(schema, name),
                "{sql}"
            );
        }
    }

    #[test]
    fn names_are_compared_whole() {
        assert!(same_name("type", "type"));
        assert!(!same_name("type", "type_"));
        assert!(!same_name("type", "Type"));
    }
}
