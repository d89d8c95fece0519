//! The conventions of a crate: `[package.metadata.diesel-audit]` of its
//! Cargo.toml.

use std::fmt;

use toml::de::{DeTable, DeValue};

use super::{message, rules};
use diesel_audit_model::names::{Conventions, unknown_placeholders};
use diesel_audit_model::value::VALUE_BYTES;

const SECTION: [&str; 3] = ["package", "metadata", "diesel-audit"];
const KEYS: [&str; 6] = [
    "schema",
    "table",
    "function",
    "trigger",
    "max_value_bytes",
    "append_only",
];

/// What only the subcommand reads there.
const TOOL_KEYS: [&str; 4] = ["lock_timeout", "sources", "tables", "types"];

/// Something in Cargo.toml that is no convention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestProblem {
    /// The key below `[package.metadata.diesel-audit]`, or nothing where the
    /// whole is wrong.
    key: Option<String>,
    message: String,
}

impl fmt::Display for ManifestProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let section = SECTION.join(".");
        match &self.key {
            Some(key) => write!(
                f,
                "`{key}` of `[{section}]` in Cargo.toml: {}",
                self.message
            ),
            None => write!(f, "`[{section}]` in Cargo.toml: {}", self.message),
        }
    }
}

/// Reads the conventions from the text of a Cargo.toml; nothing if it has none.
///
/// # Errors
/// Every key that is unknown or has no usable value.
pub fn conventions(manifest: &str) -> Result<Option<Conventions>, Vec<ManifestProblem>> {
    let whole = |message: String| vec![ManifestProblem { key: None, message }];
    let manifest = DeTable::parse(manifest).map_err(|error| whole(error.message().to_owned()))?;
    let mut table = manifest.get_ref();
    for step in SECTION {
        match table.get(step).map(|value| value.get_ref()) {
            Some(DeValue::Table(next)) => table = next,
            Some(_) if step == SECTION[2] => return Err(whole("has to be a table".to_owned())),
            _ => return Ok(None),
        }
    }
    let mut conventions = Conventions::default();
    let mut problems = Vec::new();
    for (key, value) in table {
        let key = key.get_ref();
        if let Err(message) = set(&mut conventions, key, value.get_ref()) {
            let key = Some(key.to_string());
            problems.push(ManifestProblem { key, message });
        }
    }
    if problems.is_empty() {
        Ok(Some(conventions))
    } else {
        Err(problems)
    }
}

fn set(conventions: &mut Conventions, key: &str, value: &DeValue<'_>) -> Result<(), String> {
    let pattern = match key {
        tool if TOOL_KEYS.contains(&tool) => return Ok(()),
        "schema" => None,
        "table" => Some(&mut conventions.table),
        "function" => Some(&mut conventions.function),
        "trigger" => Some(&mut conventions.trigger),
        "max_value_bytes" => {
            conventions.max_value_bytes = value_bytes(value)?;
            return Ok(());
        }
        "append_only" => {
            let DeValue::Boolean(append_only) = value else {
                return Err("has to be true or false".to_owned());
            };
            conventions.append_only = *append_only;
            return Ok(());
        }
        unknown => {
            return Err(format!(
                "{}\nhelp: the keys are {}",
                message::unknown(unknown, &[&KEYS[..], &TOOL_KEYS].concat()),
                listed()
            ));
        }
    };
    let DeValue::String(text) = value else {
        return Err("has to be a string".to_owned());
    };
    match pattern {
        None => conventions.schema = schema(text)?.into(),
        Some(pattern) => *pattern = Some(checked_pattern(text)?),
    }
    Ok(())
}

fn listed() -> String {
    let keys = KEYS.iter().chain(&TOOL_KEYS);
    let keys: Vec<String> = keys.map(|key| format!("`{key}`")).collect();
    keys.join(", ")
}

fn value_bytes(value: &DeValue<'_>) -> Result<usize, String> {
    let number = match value {
        DeValue::Integer(n) => usize::from_str_radix(n.as_str(), n.radix()).ok(),
        _ => None,
    };
    let range = || {
        format!(
            "has to be a number of bytes, {} to {}",
            VALUE_BYTES.start(),
            VALUE_BYTES.end()
        )
    };
    number.filter(|n| VALUE_BYTES.contains(n)).ok_or_else(range)
}

fn schema(name: &str) -> Result<String, String> {
    let problem = rules::name_problem(name);
    match problem.or_else(|| rules::schema_problem(name).map(str::to_owned)) {
        Some(problem) => Err(format!("the name {problem}")),
        None => Ok(name.to_owned()),
    }
}

/// A pattern may be long: the name that it gives is cut with a hash.
fn checked_pattern(pattern: &str) -> Result<String, String> {
    if let Some(unknown) = unknown_placeholders(pattern).first() {
        return Err(format!(
            "unknown placeholder `{{{unknown}}}`\nhelp: the placeholders are `{{schema}}` and `{{table}}`, of the audited table"
        ));
    }
    if pattern.is_empty() {
        return Err("the name is empty".to_owned());
    }
    if pattern.contains('\0') {
        return Err("the name holds a NUL character".to_owned());
    }
    Ok(pattern.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_without_the_section_has_no_conventions() {
        for manifest in [
            "",
            "package = 1",
            "[package]\nname = \"a\"",
            "[package.metadata.docs]",
        ] {
            assert_eq!(conventions(manifest), Ok(None), "{manifest}");
        }
    }

    #[test]
    fn conventions_are_read() {
        let read = conventions(
            "[package.metadata.diesel-audit]\nschema = \"history\"\ntable = \"{schema}_{table}_h\"\nmax_value_bytes = 4_096\nappend_only = true",
        );
        assert_eq!(
            read,
            Ok(Some(Conventions {
                schema: "history".into(),
                table: Some("{schema}_{table}_h".into()),
                function: None,
                trigger: None,
                max_value_bytes: 4096,
                append_only: true,
            }))
        );
    }

    #[test]
    fn every_problem_names_its_key() {
        let shown = |section: &str| -> Vec<String> {
            let manifest = format!("[package.metadata.diesel-audit]\n{section}");
            let problems = conventions(&manifest).unwrap_err();
            problems.iter().map(ToString::to_string).collect()
        };
        let section = "`[package.metadata.diesel-audit]` in Cargo.toml";
        assert_eq!(
            shown("tabel = \"x\"\nschema = 1\nfunction = \"{tabel}_f\"\ntrigger = \"\""),
            [
                format!(
                    "`function` of {section}: unknown placeholder `{{tabel}}`\nhelp: the placeholders are `{{schema}}` and `{{table}}`, of the audited table"
                ),
                format!("`schema` of {section}: has to be a string"),
                format!(
                    "`tabel` of {section}: unknown word `tabel`, did you mean `table`?\nhelp: the keys are `schema`, `table`, `function`, `trigger`, `max_value_bytes`, `append_only`, `lock_timeout`, `sources`, `tables`, `types`"
                ),
                format!("`trigger` of {section}: the name is empty"),
            ]
        );
        assert_eq!(
            shown("schema = \"my-schema\""),
            [format!(
                "`schema` of {section}: the name is no identifier of Rust, and Diesel's `table!` takes no other name for a schema"
            )]
        );
        for wrong in ["0", "1_000_001", "-1", "'4096'", "1.0"] {
            assert_eq!(
                shown(&format!("max_value_bytes = {wrong}")),
                [format!(
                    "`max_value_bytes` of {section}: has to be a number of bytes, 1 to 1000000"
                )]
            );
        }
        assert_eq!(
            shown("append_only = \"yes\""),
            [format!(
                "`append_only` of {section}: has to be true or false"
            )]
        );
        let not_a_table = conventions("[package]\nmetadata.diesel-audit = 1").unwrap_err();
        assert_eq!(
            not_a_table[0].to_string(),
            format!("{section}: has to be a table")
        );
    }
}
