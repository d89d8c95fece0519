//! `generate --init-filter`: audit tables beside their source tables are kept
//! out of `diesel print-schema`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use diesel_audit_model::names::DEFAULT_SOURCE_SCHEMA;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::Audit;
use crate::Stop;
use crate::fault::Fault;
use crate::migrations;
use crate::project::Surroundings;
use crate::shell::Shell;
use crate::write::{self, File};

pub(crate) fn run(
    audits: &[Audit],
    dry_run: bool,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<(), Stop> {
    for audit in audits {
        let beside = beside_source(audit);
        if beside.is_empty() {
            shell.status(
                "Finished",
                "no filter is needed: the audit tables have a schema of their own",
            );
            continue;
        }
        let root = audit.packages.first().map(|(_, root)| root.as_path());
        let path = match &audit.config_file {
            Some(path) => path.clone(),
            None => root.unwrap_or(Path::new("")).join("diesel.toml"),
        };
        let shown = migrations::shown(&path, surroundings);
        let text = match &audit.config_file {
            Some(_) => fs::read_to_string(&path)
                .map_err(|error| Fault::new(format!("cannot read {shown}: {error}")))?,
            None => String::new(),
        };
        let filtered = filtered(&text, &beside)
            .map_err(|problem| Fault::new(format!("{shown}: {problem}")))?;
        if filtered == text {
            shell.status("Finished", format!("the filter in {shown} is up to date"));
        } else if dry_run {
            shell.status(
                "Finished",
                format!("dry run: the filter in {shown} is not written"),
            );
        } else {
            write::replace(&[File {
                path,
                text: filtered,
            }])
            .map_err(|error| Fault::new(format!("cannot write {shown}: {error}")))?;
            shell.status("Filtered", shown);
        }
    }
    Ok(())
}

/// Schema and name of the audit tables that print-schema would show.
fn beside_source(audit: &Audit) -> BTreeSet<(String, String)> {
    let tables = audit.declared.iter().map(|declared| &declared.table);
    tables
        .filter(|table| table.audit.schema == table.source.schema)
        .map(|table| (table.audit.schema.to_string(), table.audit.name.to_string()))
        .collect()
}

/// The text of a diesel.toml with the tables in the filters of their schemas.
fn filtered(text: &str, tables: &BTreeSet<(String, String)>) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("no TOML: {error}"))?;
    let print_schema = document
        .entry("print_schema")
        .or_insert_with(|| Item::Table(Table::new()))
        .as_table_like_mut()
        .ok_or("`print_schema` is no table")?;
    except(print_schema, tables)?;
    let sections = print_schema.iter().filter(|(_, item)| item.is_table());
    let sections: Vec<String> = sections.map(|(key, _)| key.to_owned()).collect();
    for name in sections {
        // `filter` may be written as a table too.
        if name != "filter"
            && let Some(section) = print_schema
                .get_mut(&name)
                .and_then(Item::as_table_like_mut)
        {
            except(section, tables)?;
        }
    }
    Ok(document.to_string())
}

/// Puts the tables of a section's schema into its filter.
fn except(section: &mut dyn TableLike, tables: &BTreeSet<(String, String)>) -> Result<(), String> {
    let schema = section.get("schema").and_then(Item::as_str);
    let schema = schema.unwrap_or(DEFAULT_SOURCE_SCHEMA).to_owned();
    let own: Vec<&String> = tables
        .iter()
        .filter(|(of, _)| *of == schema)
        .map(|(_, table)| table)
        .collect();
    if own.is_empty() {
        return Ok(());
    }
    let filter = section
        .entry("filter")
        .or_insert_with(|| Item::Value(Value::InlineTable(InlineTable::new())))
        .as_table_like_mut()
        .ok_or("`filter` is no table")?;
    // What is not listed is left out as it is.
    if filter.contains_key("only_tables") {
        return Ok(());
    }
    let list = filter
        .entry("except_tables")
        .or_insert_with(|| Item::Value(Value::Array(Array::new())))
        .as_array_mut()
        .ok_or("`except_tables` is no list")?;
    for table in own {
        let pattern = pattern(table);
        if !list.iter().any(|known| known.as_str() == Some(&pattern)) {
            list.push(pattern);
        }
    }
    Ok(())
}

/// Diesel takes the names for regular expressions.
fn pattern(table: &str) -> String {
    let mut pattern = String::from("^");
    for c in table.chars() {
        if !(c.is_alphanumeric() || c == '_' || c == ' ') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('$');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_file_stays() {
        let tables = BTreeSet::from([
            ("public".to_owned(), "users_audit".to_owned()),
            ("shop".to_owned(), "a.b".to_owned()),
        ]);
        let text = "# ours\n[print_schema]\nfile = \"src/schema.rs\" # here\n\n\
                    [print_schema.shop]\nschema = \"shop\"\nfilter = { except_tables = [\"^x\"] }\n";
        let filtered = filtered(text, &tables).unwrap();
        assert_eq!(
            filtered,
            "# ours\n[print_schema]\nfile = \"src/schema.rs\" # here\nfilter = { except_tables = [\"^users_audit$\"] }\n\n\
             [print_schema.shop]\nschema = \"shop\"\nfilter = { except_tables = [\"^x\", \"^a\\\\.b$\"] }\n"
                .replace("\"^a\\\\.b$\"", "'^a\\.b$'")
        );
        assert_eq!(self::filtered(&filtered, &tables).unwrap(), filtered);
    }

    #[test]
    fn a_file_of_its_own() {
        let tables = BTreeSet::from([("public".to_owned(), "a".to_owned())]);
        assert_eq!(
            filtered("", &tables).unwrap(),
            "[print_schema]\nfilter = { except_tables = [\"^a$\"] }\n"
        );
    }
}
