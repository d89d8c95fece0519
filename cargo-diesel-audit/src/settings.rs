//! What `[package.metadata.diesel-audit]` says to the subcommand, beside the
//! conventions of names.

use std::collections::BTreeMap;

use diesel_audit_model::PgType;
use serde_json::{Map, Value};

use crate::fault::Fault;

/// The section of one package.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Root files that are read instead of the library's and the binaries'.
    pub(crate) sources: Option<Vec<String>>,
    pub(crate) lock_timeout: Option<String>,
    /// Tables whose `table!` cannot be read, by the last name in `table_name`.
    pub(crate) tables: BTreeMap<String, TableByHand>,
    /// SQL types of other crates, by name or path.
    pub(crate) types: BTreeMap<String, PgType>,
}

/// A table as Cargo.toml describes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TableByHand {
    pub(crate) schema: Option<String>,
    /// The name in PostgreSQL, if it is another than in `table_name`.
    pub(crate) name: Option<String>,
    /// Names in PostgreSQL.
    pub(crate) primary_key: Vec<String>,
    pub(crate) columns: Vec<ColumnByHand>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ColumnByHand {
    pub(crate) name: String,
    /// The name in `table!`, if it is another.
    pub(crate) ident: Option<String>,
    pub(crate) sql_type: PgType,
}

/// Reads the section from the `metadata` of a package.
///
/// # Errors
/// Everything that is not as it should be.
pub(crate) fn read(metadata: &Value) -> Result<Settings, Vec<Fault>> {
    let mut settings = Settings::default();
    let mut faults = Vec::new();
    // Unknown keys, and a section that is none, are refused with the
    // conventions.
    let Some(Value::Object(section)) = metadata.get("diesel-audit") else {
        return Ok(settings);
    };
    if let Some(value) = section.get("sources") {
        settings.sources = noted(&mut faults, strings("sources", value));
    }
    if let Some(value) = section.get("lock_timeout") {
        settings.lock_timeout = noted(&mut faults, text("lock_timeout", value));
    }
    for (name, value) in entries("types", section, &mut faults) {
        let key = format!("types.{name}");
        let named = text(&key, value).and_then(|text| typed(&key, &text));
        if let Some(pg_type) = noted(&mut faults, named) {
            settings.types.insert(name.clone(), pg_type);
        }
    }
    for (name, value) in entries("tables", section, &mut faults) {
        if let Some(table) = noted(&mut faults, table(&format!("tables.{name}"), value)) {
            settings.tables.insert(name.clone(), table);
        }
    }
    if faults.is_empty() {
        Ok(settings)
    } else {
        Err(faults)
    }
}

fn noted<T>(faults: &mut Vec<Fault>, result: Result<T, Fault>) -> Option<T> {
    result.map_err(|fault| faults.push(fault)).ok()
}

fn entries<'a>(
    key: &str,
    section: &'a Map<String, Value>,
    faults: &mut Vec<Fault>,
) -> Vec<(&'a String, &'a Value)> {
    match section.get(key) {
        None => Vec::new(),
        Some(Value::Object(entries)) => entries.iter().collect(),
        Some(_) => {
            faults.push(fault(key, "has to be a table"));
            Vec::new()
        }
    }
}

const COLUMN: &str = "{ name = \"id\", type = \"int8\" }";

fn table(key: &str, value: &Value) -> Result<TableByHand, Fault> {
    let object = object(key, value, &["schema", "name", "primary_key", "columns"])?;
    let optional = |word: &str| {
        let value = object.get(word);
        value
            .map(|value| text(&format!("{key}.{word}"), value))
            .transpose()
    };
    let key_of = format!("{key}.primary_key");
    let primary_key = match object.get("primary_key") {
        Some(value) => strings(&key_of, value)?,
        None => vec!["id".to_owned()],
    };
    let Some(Value::Array(listed)) = object.get("columns") else {
        let message = "lists no columns";
        return Err(fault(key, message).help(format!("write `columns = [{COLUMN}, ..]`")));
    };
    let mut columns = Vec::new();
    for value in listed {
        columns.push(column(&format!("{key}.columns"), value)?);
    }
    if let Some(missing) = primary_key
        .iter()
        .find(|k| !columns.iter().any(|c| c.name == **k))
    {
        return Err(
            fault(&key_of, format!("`{missing}` is none of the columns"))
                .help("write `primary_key = [\"..\"]` with the key's columns"),
        );
    }
    Ok(TableByHand {
        schema: optional("schema")?,
        name: optional("name")?,
        primary_key,
        columns,
    })
}

fn column(key: &str, value: &Value) -> Result<ColumnByHand, Fault> {
    let object = object(key, value, &["name", "ident", "type"])?;
    let word = |word: &str| object.get(word).map(|value| text(key, value)).transpose();
    let (Some(name), Some(sql_type)) = (word("name")?, word("type")?) else {
        return Err(
            fault(key, "a column needs a name and a type").help(format!("write `{COLUMN}`"))
        );
    };
    Ok(ColumnByHand {
        ident: word("ident")?,
        sql_type: typed(key, &sql_type)?,
        name,
    })
}

fn object<'a>(
    key: &str,
    value: &'a Value,
    words: &[&str],
) -> Result<&'a Map<String, Value>, Fault> {
    let Value::Object(object) = value else {
        return Err(fault(key, "has to be a table"));
    };
    let known: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match object.keys().find(|word| !words.contains(&word.as_str())) {
        None => Ok(object),
        Some(word) => Err(fault(key, format!("unknown key `{word}`"))
            .help(format!("the keys are {}", known.join(", ")))),
    }
}

fn strings(key: &str, value: &Value) -> Result<Vec<String>, Fault> {
    let Value::Array(list) = value else {
        return Err(fault(key, "has to be a list of strings"));
    };
    list.iter().map(|value| text(key, value)).collect()
}

fn text(key: &str, value: &Value) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(fault(key, "has to be a string")),
    }
}

/// `int8`, `bigint`, `text[]`, `plan`, `shop.plan`.
fn typed(key: &str, text: &str) -> Result<PgType, Fault> {
    let (name, array) = match text.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (text, false),
    };
    let (schema, last) = match name.split_once('.') {
        Some((schema, last)) => (Some(schema), last),
        None => (None, name),
    };
    if text == "char" {
        return Err(fault(key, "`char` is the name of two types").help(
            "write `text` for SQL's `char(n)`, or `pg_catalog.char` for the type of one byte",
        ));
    }
    let of_postgresql = matches!(schema, None | Some("pg_catalog"));
    if of_postgresql && let Some(builtin) = PgType::from_name(last) {
        return Ok(PgType { array, ..builtin });
    }
    if last.is_empty() || schema.is_some_and(str::is_empty) || last.contains(['.', '[', '(']) {
        return Err(fault(key, format!("`{text}` is no name of a type")).help(
            "write a name such as `int8`, `text[]` or `shop.plan`, without length and precision",
        ));
    }
    Ok(PgType {
        schema: schema.map(|schema| schema.to_owned().into()),
        name: last.to_owned().into(),
        array,
    })
}

fn fault(key: &str, message: impl AsRef<str>) -> Fault {
    Fault::new(format!(
        "`{key}` of `[package.metadata.diesel-audit]` in Cargo.toml: {}",
        message.as_ref()
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(section: Value) -> Vec<String> {
        let faults = read(&json!({ "diesel-audit": section })).unwrap_err();
        faults.into_iter().map(|fault| fault.message).collect()
    }

    #[test]
    fn a_table_by_hand() {
        let read = read(&json!({ "diesel-audit": { "tables": { "users": {
            "schema": "shop",
            "columns": [
                { "name": "id", "type": "bigint" },
                { "name": "type", "ident": "type_", "type": "shop.plan[]" },
            ],
        } } } }));
        let table = &read.unwrap().tables["users"];
        assert_eq!(table.primary_key, ["id"]);
        let types: Vec<String> = table
            .columns
            .iter()
            .map(|c| c.sql_type.to_string())
            .collect();
        assert_eq!(types, ["bigint", "shop.plan[]"]);
    }

    #[test]
    fn faults_name_their_key() {
        let section = "of `[package.metadata.diesel-audit]` in Cargo.toml";
        assert_eq!(
            problems(json!({
                "sources": "src/lib.rs",
                "types": { "C": "char", "Vector": "vector(3)" },
                "tables": { "a": {}, "b": { "columns": [{ "name": "x", "type": "text" }] } },
            })),
            [
                format!("`sources` {section}: has to be a list of strings"),
                format!("`types.C` {section}: `char` is the name of two types"),
                format!("`types.Vector` {section}: `vector(3)` is no name of a type"),
                format!("`tables.a` {section}: lists no columns"),
                format!("`tables.b.primary_key` {section}: `id` is none of the columns"),
            ]
        );
    }
}
