//! The file as it is written.

use std::fmt::Write;

use toml::{Table, Value};

use super::{Lock, VERSION};
use diesel_audit_model::policy::Policy;
use diesel_audit_model::table::{QualifiedName, Recording, Setting};
use diesel_audit_model::types::PgType;
use diesel_audit_sql::evolution::Installed;

/// The file's text.
pub fn render(lock: &Lock) -> String {
    let Lock { core, installed } = lock;
    let mut text = format!(
        "# What the migrations beside this file have installed. Written by `cargo diesel-audit generate`.\n\
         version = {VERSION}\ncore = {core}\n"
    );
    let mut sorted: Vec<&Installed> = installed.iter().collect();
    sorted.sort_by(|a, b| a.table.source.cmp(&b.table.source));
    for installed in sorted {
        table(&mut text, installed);
    }
    text
}

fn table(text: &mut String, Installed { table, retired }: &Installed) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "\n[[table]]\nsource = {}\naudit = {}\nfunction = {}\ntrigger = {}\nkey = [{}]",
        pair(&table.source),
        pair(&table.audit),
        quoted(&table.function),
        quoted(&table.trigger),
        table
            .primary_key
            .iter()
            .map(|key| quoted(key))
            .collect::<Vec<_>>()
            .join(", "),
    );
    let settings = table.settings.iter().map(|setting| {
        let Setting {
            name,
            sql_type,
            required,
            index,
        } = setting;
        let required = if *required { ", required = true" } else { "" };
        let index = if *index { ", index = true" } else { "" };
        typed(name, sql_type, &format!("{required}{index}"))
    });
    list(text, "settings", settings);
    let columns = table.columns.iter().map(|column| {
        let word = match column.recording {
            Recording::Excluded => Some("excluded"),
            recording => recording.word(),
        };
        let word = word.map_or_else(String::new, |word| format!(", {word} = true"));
        typed(&column.name, &column.sql_type, &word)
    });
    list(text, "columns", columns);
    list(
        text,
        "unlisted",
        table.unlisted.iter().map(|name| quoted(name)),
    );
    let retired = retired
        .iter()
        .map(|retired| typed(&retired.name, &retired.sql_type, ""));
    list(text, "retired", retired);
    policy(text, &table.policy);
}

/// The switches that are not those of the default, a line each.
fn policy(text: &mut String, policy: &Policy) {
    let values = |policy: &Policy| {
        Table::try_from(policy).unwrap_or_else(|error| unreachable!("a policy is a table: {error}"))
    };
    let said = other_than(values(policy), &values(&Policy::DEFAULT));
    if !said.is_empty() {
        let _ = writeln!(text, "\n[table.policy]");
    }
    for (key, value) in said {
        let _ = writeln!(text, "{key} = {value}");
    }
}

fn other_than(table: Table, default: &Table) -> Table {
    let said = table.into_iter().filter_map(|(key, value)| {
        let value = match (value, default.get(&key)) {
            (value, Some(default)) if value == *default => return None,
            (Value::Table(value), Some(Value::Table(default))) => {
                Value::Table(other_than(value, default))
            }
            (value, _) => value,
        };
        Some((key, value))
    });
    said.collect()
}

fn list(text: &mut String, key: &str, lines: impl Iterator<Item = String>) {
    let lines: String = lines.map(|line| format!("    {line},\n")).collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "{key} = [\n{lines}]");
    }
}

fn pair(name: &QualifiedName) -> String {
    format!("[{}, {}]", quoted(&name.schema), quoted(&name.name))
}

fn typed(name: &str, sql_type: &PgType, more: &str) -> String {
    let schema = match &sql_type.schema {
        Some(schema) if schema == "pg_catalog" => String::new(),
        Some(schema) => format!(", schema = {}", quoted(schema)),
        // One that the search path of a migration finds.
        None => ", schema = \"\"".to_owned(),
    };
    let array = if sql_type.array { ", array = true" } else { "" };
    format!(
        "{{ name = {}, type = {}{schema}{array}{more} }}",
        quoted(name),
        quoted(&sql_type.name)
    )
}

/// <https://toml.io/en/v1.0.0#string>
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
