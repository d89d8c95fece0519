//! `preamble`: the context of a migration that writes rows itself.

pub(super) mod values;

use diesel_audit_model::AuditedTable;
use diesel_audit_sql::context::{self as sql, Value};
use serde_json::json;

use self::values::values;
use super::of_user::OfUser;
use super::{Audit, audits};
use crate::Stop;
use crate::args::{Format, Global, Preamble};
use crate::fault::Fault;
use crate::migrations;
use crate::project::Surroundings;
use crate::shell::Shell;
use crate::write::{self, File};

pub(crate) fn run(
    args: &Preamble,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    let audits = audits(global, surroundings, shell)?;
    let (audit, migration) = find(&audits, &args.migration, surroundings)?;
    migration.runs_in_transaction(
        "a context ends with its transaction: take `run_in_transaction = false` out of metadata.toml, \
         or give each transaction in up.sql its own",
    )?;
    let tables: Vec<&AuditedTable> = audit.declared.iter().map(|d| &d.table).collect();
    let version = migrations::version(&migration.name);
    let values = values(&tables, &version, &args.set)?;
    let settings: Vec<(&str, Value<'_>)> = values
        .iter()
        .map(|(name, value)| (name.as_str(), Value::Text(value)))
        .collect();
    let preamble = sql::preamble(&settings);
    let shown = migrations::shown(&migration.folder, surroundings);
    let mut written = Vec::new();
    if args.write {
        let files = files(&migration, &preamble)?;
        write::replace(&files).map_err(|error| {
            Fault::new(format!("cannot write {shown}: {error}"))
                .help("nothing has changed; make the folder writable and run it again")
        })?;
        written.extend(
            files
                .iter()
                .map(|file| migrations::shown(&file.path, surroundings)),
        );
        for path in &written {
            shell.status("Amended", path);
        }
        if files.is_empty() {
            let done = format!("nothing to do: {shown} has this context");
            shell.status("Finished", done);
        }
    }
    if args.output.format == Format::Json {
        let given: serde_json::Map<String, serde_json::Value> = values
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        let report = json!({
            "format_version": 1,
            "path": shown,
            "version": version,
            "settings": given,
            "sql": preamble,
            "written": written,
        });
        shell.result(&format!("{report}\n"))?;
    } else if !args.write {
        shell.result(&preamble)?;
    }
    Ok(0)
}

/// The migration, and the models whose tables it may write to.
fn find<'a>(
    audits: &'a [Audit],
    asked: &str,
    surroundings: &Surroundings<'_>,
) -> Result<(&'a Audit, OfUser), Fault> {
    let mut found = Vec::new();
    let mut fault = Fault::new("there is no audited model")
        .help("add `#[derive(Audited)]` to a struct: without one a migration needs no context");
    for audit in audits.iter().filter(|audit| !audit.declared.is_empty()) {
        let existing = migrations::existing(&audit.folder).map_err(|error| {
            let folder = migrations::shown(&audit.folder, surroundings);
            Fault::new(format!("cannot read {folder}: {error}"))
        })?;
        match OfUser::find(&audit.folder, &existing, asked) {
            Ok(migration) => found.push((audit, migration)),
            Err(missing) => fault = missing,
        }
    }
    match found.len() {
        0 => Err(fault),
        1 => Ok(found.remove(0)),
        _ => {
            let message = format!("several migrations folders have a migration `{asked}`");
            Err(Fault::new(message).help("select one package by `-p`"))
        }
    }
}

/// The files that lack the preamble, with it in front of the user's text.
fn files(migration: &OfUser, preamble: &str) -> Result<Vec<File>, Fault> {
    let up = migration.up("name a migration that writes rows")?;
    let down = migration.read("down.sql")?;
    let mut files = Vec::new();
    for (name, text) in [("up.sql", Some(up)), ("down.sql", down)] {
        // An empty way back writes nothing.
        let Some(text) = text.filter(|text| name == "up.sql" || !text.trim().is_empty()) else {
            continue;
        };
        if text.contains(preamble) {
            continue;
        }
        if text.contains(sql::PREAMBLE) {
            let message = format!("{name} of `{}` has another context already", migration.name);
            let help = format!("take the statement below `{}` out first", sql::PREAMBLE);
            return Err(Fault::new(message).help(help));
        }
        files.push(File {
            path: migration.folder.join(name),
            text: format!("{preamble}\n{text}"),
        });
    }
    Ok(files)
}
