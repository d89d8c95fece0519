//! What a migration says who it is.

use diesel_audit_model::AuditedTable;
use diesel_audit_model::value::value_problem;

use crate::fault::Fault;

/// One setting, in all the tables that record it.
struct Known<'a> {
    name: &'a str,
    required: bool,
    /// Whether every table takes any text for it.
    text: bool,
    max_bytes: usize,
}

/// The values of the settings that the tables know, in the order of the tables:
/// what is said, else the migration's version for a text that is required.
///
/// # Errors
/// Words that are no `name=value`, names that no table knows, values that
/// cannot be stored, and what is required and can only be said: all at once.
pub(super) fn values(
    tables: &[&AuditedTable],
    version: &str,
    said: &[String],
) -> Result<Vec<(String, String)>, Vec<Fault>> {
    let known = known(tables);
    let mut faults = Vec::new();
    let said = pairs(said, &known, &mut faults);
    let mut missing = Vec::new();
    let mut values = Vec::new();
    for setting in &known {
        let of_name = said.iter().find(|(name, _)| *name == setting.name);
        let value = match of_name {
            Some((_, value)) => (*value).to_owned(),
            None if setting.required && setting.text => format!("migration:{version}"),
            None => {
                if setting.required {
                    missing.push(setting.name);
                }
                continue;
            }
        };
        faults.extend(wrong_value(setting, &value));
        values.push((setting.name.to_owned(), value));
    }
    if !missing.is_empty() {
        let message = format!(
            "nobody has said the session settings `{}`, which are required and no text",
            missing.join("`, `")
        );
        let words: Vec<String> = missing
            .iter()
            .map(|name| format!("--set {name}=.."))
            .collect();
        faults.push(Fault::new(message).help(format!("add `{}`", words.join(" "))));
    }
    match faults.is_empty() {
        true => Ok(values),
        false => Err(faults),
    }
}

/// What is said, and nothing else.
///
/// # Errors
/// Words that are no `name=value`, names that no table knows and values that
/// cannot be stored: all at once.
pub(in crate::commands) fn only_said<'s>(
    tables: &[&AuditedTable],
    said: &'s [String],
) -> Result<Vec<(&'s str, &'s str)>, Vec<Fault>> {
    let known = known(tables);
    let mut faults = Vec::new();
    let said = pairs(said, &known, &mut faults);
    for (name, value) in &said {
        let setting = known.iter().find(|setting| setting.name == *name);
        faults.extend(setting.and_then(|setting| wrong_value(setting, value)));
    }
    match faults.is_empty() {
        true => Ok(said),
        false => Err(faults),
    }
}

fn wrong_value(setting: &Known<'_>, value: &str) -> Option<Fault> {
    let problem = value_problem(value, setting.max_bytes)?;
    let message = format!(
        "the value of the session setting `{}` {problem}",
        setting.name
    );
    let help = format!(
        "write `--set {}=..` with one that can be stored",
        setting.name
    );
    Some(Fault::new(message).help(help))
}

fn known<'a>(tables: &[&'a AuditedTable]) -> Vec<Known<'a>> {
    let mut known: Vec<Known<'a>> = Vec::new();
    for table in tables {
        for setting in &table.settings {
            let index = known.iter().position(|known| known.name == setting.name);
            let index = index.unwrap_or_else(|| {
                known.push(Known {
                    name: &setting.name,
                    required: false,
                    text: true,
                    max_bytes: usize::MAX,
                });
                known.len() - 1
            });
            let known = &mut known[index];
            known.required |= setting.required;
            known.text &= setting.sql_type.is_text();
            known.max_bytes = known.max_bytes.min(table.policy.max_value_bytes);
        }
    }
    known
}

fn pairs<'s>(
    said: &'s [String],
    known: &[Known<'_>],
    faults: &mut Vec<Fault>,
) -> Vec<(&'s str, &'s str)> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for word in said {
        let Some((name, value)) = word.split_once('=') else {
            let fault = Fault::new(format!("`{}` has no value", word.escape_default()));
            faults.push(fault.help("write `--set name=value`"));
            continue;
        };
        if !known.iter().any(|setting| setting.name == name) {
            let names: Vec<&str> = known.iter().map(|setting| setting.name).collect();
            let message = format!(
                "no audited model has the session setting `{}`",
                name.escape_default()
            );
            let help = match names.is_empty() {
                true => "the models have none".to_owned(),
                false => format!("the models have `{}`", names.join("`, `")),
            };
            faults.push(Fault::new(message).help(help));
        } else if pairs.iter().any(|(other, _)| *other == name) {
            let message = format!("the session setting `{name}` is there twice");
            faults.push(Fault::new(message).help("remove one of them"));
        } else {
            pairs.push((name, value));
        }
    }
    pairs
}
