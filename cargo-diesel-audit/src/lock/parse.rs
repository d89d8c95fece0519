//! The file as it is read.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Lock, VERSION};
use diesel_audit_model::policy::Policy;
use diesel_audit_model::table::{AuditedTable, Column, QualifiedName, Recording, Setting};
use diesel_audit_model::types::PgType;
use diesel_audit_sql::core;
use diesel_audit_sql::evolution::{Installed, Retired};

/// Something in the file that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockProblem {
    line: usize,
    message: String,
}

impl fmt::Display for LockProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for LockProblem {}

/// Reads the file's text.
///
/// # Errors
/// The first thing that [`render`](super::render) does not write: somebody may have resolved
/// a merge wrongly, or a newer version of diesel-audit has written it.
pub fn parse(text: &str) -> Result<Lock, LockProblem> {
    read(text).map_err(|Fault { at, message }| LockProblem {
        line: text.get(..at).unwrap_or(text).matches('\n').count() + 1,
        message,
    })
}

/// A problem and the byte where it is.
struct Fault {
    at: usize,
    message: String,
}

type Value<'a> = Spanned<DeValue<'a>>;

fn fault(at: usize, message: impl Into<String>) -> Fault {
    Fault {
        at,
        message: message.into(),
    }
}

fn read(text: &str) -> Result<Lock, Fault> {
    let file = DeTable::parse(text)
        .map_err(|error| fault(error.span().map_or(0, |span| span.start), error.message()))?;
    let file = Keys::new(&file, 0, &["version", "core", "table"])?;
    let version = file.required("version")?;
    let is_known =
        matches!(version.get_ref(), DeValue::Integer(n) if n.as_str() == VERSION.to_string());
    if !is_known {
        return Err(fault(
            version.span().start,
            format!(
                "this version of cargo-diesel-audit knows `version = {VERSION}`: install the one that wrote the file"
            ),
        ));
    }
    let core = core_version(file.required("core")?)?;
    let mut installed: Vec<Installed> = Vec::new();
    for value in file.list("table")? {
        let one = installed_table(value)?;
        if installed
            .iter()
            .any(|other| other.table.source == one.table.source)
        {
            let message = format!("the table {} is there twice", one.table.source);
            return Err(fault(value.span().start, message));
        }
        installed.push(one);
    }
    Ok(Lock { core, installed })
}

fn core_version(value: &Value<'_>) -> Result<u32, Fault> {
    let version = number(value)?;
    match u32::try_from(version) {
        Ok(version @ 1..=core::VERSION) => Ok(version),
        _ => Err(fault(
            value.span().start,
            format!(
                "this version of cargo-diesel-audit knows the core up to version {}: install the one that wrote the file",
                core::VERSION
            ),
        )),
    }
}

fn installed_table(value: &Value<'_>) -> Result<Installed, Fault> {
    const KEYS: [&str; 10] = [
        "source", "audit", "function", "trigger", "key", "settings", "columns", "unlisted",
        "retired", "policy",
    ];
    let keys = Keys::of(value, &KEYS)?;
    let table = AuditedTable {
        source: qualified(keys.required("source")?)?,
        audit: qualified(keys.required("audit")?)?,
        function: string(keys.required("function")?)?,
        trigger: string(keys.required("trigger")?)?,
        settings: each(keys.list("settings")?, |value| {
            let (name, sql_type, flags) = read_typed(value, &["required", "index"])?;
            Ok(Setting {
                name,
                sql_type,
                required: flags.contains(&"required"),
                index: flags.contains(&"index"),
            })
        })?,
        columns: each(keys.list("columns")?, |value| {
            let (name, sql_type, flags) = read_typed(value, &COLUMN_FLAGS)?;
            Ok(Column {
                name,
                sql_type,
                recording: recording(value, &flags)?,
            })
        })?,
        primary_key: each(keys.list("key")?, string)?,
        unlisted: each(keys.list("unlisted")?, string)?,
        policy: policy(keys.optional("policy"))?,
    };
    let retired = each(keys.list("retired")?, |value| {
        let (name, sql_type, _) = read_typed(value, &[])?;
        Ok(Retired { name, sql_type })
    })?;
    if let Err(problems) = diesel_audit_model::check::check(&table) {
        return Err(fault(value.span().start, problems.to_string()));
    }
    Ok(Installed { table, retired })
}

fn each<'a, T>(
    values: &'a [Value<'a>],
    read: impl Fn(&'a Value<'a>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    values.iter().map(read).collect()
}

/// What a column can be besides recorded as it is.
const COLUMN_FLAGS: [&str; 4] = ["excluded", "redact", "hash", "on_change"];

fn recording(value: &Value<'_>, flags: &[&str]) -> Result<Recording, Fault> {
    match flags {
        [] => Ok(Recording::Value),
        ["excluded"] => Ok(Recording::Excluded),
        [word] => Ok(Recording::WORDS
            .into_iter()
            .find(|recording| recording.word() == Some(word))
            .unwrap_or_default()),
        several => Err(fault(
            value.span().start,
            format!("a column cannot be `{}`", several.join("` and `")),
        )),
    }
}

/// A switch that the file does not have is that of the default.
fn policy(value: Option<&Value<'_>>) -> Result<Policy, Fault> {
    let Some(value) = value else {
        return Ok(Policy::DEFAULT);
    };
    Policy::deserialize(value.clone().into_deserializer()).map_err(|error| {
        let at = error.span().unwrap_or(value.span());
        fault(at.start, error.message())
    })
}

/// Besides name and type, which of the flags are set.
fn read_typed<'f>(
    value: &Value<'_>,
    flags: &[&'f str],
) -> Result<(Cow<'static, str>, PgType, Vec<&'f str>), Fault> {
    let known: Vec<&str> = ["name", "type", "schema", "array"]
        .into_iter()
        .chain(flags.iter().copied())
        .collect();
    let keys = Keys::of(value, &known)?;
    let schema = match keys.optional("schema").map(string).transpose()? {
        None => Some(Cow::Borrowed("pg_catalog")),
        Some(schema) if schema.is_empty() => None,
        Some(schema) => Some(schema),
    };
    let sql_type = PgType {
        schema,
        name: string(keys.required("type")?)?,
        array: keys.flag("array")?,
    };
    let mut set = Vec::new();
    for flag in flags {
        if keys.flag(flag)? {
            set.push(*flag);
        }
    }
    Ok((string(keys.required("name")?)?, sql_type, set))
}

fn string(value: &Value<'_>) -> Result<Cow<'static, str>, Fault> {
    match value.get_ref() {
        DeValue::String(text) => Ok(Cow::Owned(text.to_string())),
        _ => Err(fault(value.span().start, "a string has to be here")),
    }
}

fn number(value: &Value<'_>) -> Result<usize, Fault> {
    if let DeValue::Integer(number) = value.get_ref()
        && let Ok(number) = usize::from_str_radix(number.as_str(), number.radix())
    {
        return Ok(number);
    }
    Err(fault(value.span().start, "a number has to be here"))
}

fn qualified(value: &Value<'_>) -> Result<QualifiedName, Fault> {
    if let DeValue::Array(items) = value.get_ref()
        && let [schema, name] = items.as_ref()
    {
        return Ok(QualifiedName::new(string(schema)?, string(name)?));
    }
    Err(fault(
        value.span().start,
        "a schema and a name have to be here",
    ))
}

/// A table of TOML whose keys are known.
struct Keys<'a> {
    table: &'a DeTable<'a>,
    at: usize,
}

impl<'a> Keys<'a> {
    fn of(value: &'a Value<'a>, known: &[&str]) -> Result<Keys<'a>, Fault> {
        match value.get_ref() {
            DeValue::Table(table) => Keys::check(table, value.span().start, known),
            _ => Err(fault(value.span().start, "a table has to be here")),
        }
    }

    fn new(table: &'a Spanned<DeTable<'a>>, at: usize, known: &[&str]) -> Result<Keys<'a>, Fault> {
        Keys::check(table.get_ref(), at, known)
    }

    fn check(table: &'a DeTable<'a>, at: usize, known: &[&str]) -> Result<Keys<'a>, Fault> {
        for (key, _) in table {
            if !known.contains(&key.get_ref().as_ref()) {
                return Err(fault(
                    key.span().start,
                    format!("unknown key `{}`", key.get_ref()),
                ));
            }
        }
        Ok(Keys { table, at })
    }

    fn optional(&self, key: &str) -> Option<&'a Value<'a>> {
        self.table.get(key)
    }

    fn required(&self, key: &str) -> Result<&'a Value<'a>, Fault> {
        self.optional(key)
            .ok_or_else(|| fault(self.at, format!("the key `{key}` is missing")))
    }

    fn list(&self, key: &str) -> Result<&'a [Value<'a>], Fault> {
        match self.optional(key) {
            None => Ok(&[]),
            Some(value) => match value.get_ref() {
                DeValue::Array(items) => Ok(items.as_ref()),
                _ => Err(fault(
                    value.span().start,
                    format!("`{key}` has to be a list"),
                )),
            },
        }
    }

    fn flag(&self, key: &str) -> Result<bool, Fault> {
        match self.optional(key) {
            None => Ok(false),
            Some(value) => match value.get_ref() {
                DeValue::Boolean(flag) => Ok(*flag),
                _ => Err(fault(
                    value.span().start,
                    format!("`{key}` is true or false"),
                )),
            },
        }
    }
}
