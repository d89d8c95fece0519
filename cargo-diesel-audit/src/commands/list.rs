//! `list`: the audited models, and whether a migration has installed them.

use diesel_audit_sql::{Declared, Step};
use serde_json::json;

use super::{Audit, audits};
use crate::Stop;
use crate::args::{Format, Global, List};
use crate::migrations;
use crate::project::Surroundings;
use crate::shell::Shell;

/// One line of the list.
struct Row {
    model: String,
    place: String,
    table: String,
    audit: String,
    settings: Vec<String>,
    state: &'static str,
}

pub(crate) fn run(
    args: &List,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    let audits = audits(global, surroundings, shell)?;
    let mut rows = Vec::new();
    let mut folders = Vec::new();
    for audit in &audits {
        let of_audit = self::rows(audit)?;
        folders.push(json!({
            "migrations": migrations::shown(&audit.folder, surroundings),
            "models": of_audit.iter().map(as_json).collect::<Vec<_>>(),
        }));
        rows.extend(of_audit);
    }
    let text = match args.output.format {
        Format::Json => format!("{}\n", json!({ "format_version": 1, "folders": folders })),
        Format::Text if rows.is_empty() => {
            shell.status("Finished", "no audited models");
            String::new()
        }
        Format::Text => table(&rows),
    };
    shell.result(&text)?;
    Ok(0)
}

fn rows(audit: &Audit) -> Result<Vec<Row>, Stop> {
    let steps = audit.steps(false)?;
    let mut rows: Vec<Row> = audit
        .models
        .iter()
        .map(|model| {
            let table = &model.declared.table;
            Row {
                model: model.path.clone(),
                place: model.place.to_string(),
                table: table.source.to_string(),
                audit: table.audit.to_string(),
                settings: settings(&model.declared),
                state: state(&model.declared, &steps),
            }
        })
        .collect();
    for step in &steps {
        if let Step::Uninstall(table) | Step::Drop(table) = step {
            rows.push(Row {
                model: String::new(),
                place: String::new(),
                table: table.source.to_string(),
                audit: table.audit.to_string(),
                settings: table.settings.iter().map(|s| s.name.to_string()).collect(),
                state: "no longer declared",
            });
        }
    }
    Ok(rows)
}

/// The settings by name, with a `?` if a write may do without.
fn settings(declared: &Declared) -> Vec<String> {
    let settings = declared.table.settings.iter();
    settings
        .map(|setting| {
            format!(
                "{}{}",
                setting.name,
                if setting.required { "" } else { "?" }
            )
        })
        .collect()
}

fn state(declared: &Declared, steps: &[Step]) -> &'static str {
    for step in steps {
        match step {
            Step::Install(table) if table.source == declared.table.source => return "new",
            Step::Change(change) if change.new.table.source == declared.table.source => {
                return "changed";
            }
            _ => {}
        }
    }
    "current"
}

fn as_json(row: &Row) -> serde_json::Value {
    json!({
        "model": (!row.model.is_empty()).then_some(&row.model),
        "place": (!row.place.is_empty()).then_some(&row.place),
        "table": row.table,
        "audit_table": row.audit,
        "settings": row.settings,
        "state": row.state,
    })
}

/// Columns as wide as their widest entry.
fn table(rows: &[Row]) -> String {
    let head = ["MODEL", "TABLE", "AUDIT TABLE", "SETTINGS", "STATE"].map(str::to_owned);
    let mut lines = vec![head];
    for row in rows {
        let dash = |text: &str| {
            if text.is_empty() {
                "-".to_owned()
            } else {
                text.to_owned()
            }
        };
        lines.push([
            dash(&row.model),
            row.table.clone(),
            row.audit.clone(),
            dash(&row.settings.join(", ")),
            row.state.to_owned(),
        ]);
    }
    let width = |n: usize| {
        lines
            .iter()
            .map(|line| line[n].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut text = String::new();
    for line in &lines {
        let padded = line
            .iter()
            .zip(widths)
            .map(|(entry, width)| format!("{entry:<width$}"));
        let padded: Vec<String> = padded.collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}
