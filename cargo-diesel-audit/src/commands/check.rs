//! `check`: whether the migrations are what the models say.

use diesel_audit_sql::{Step, after};
use serde_json::json;
use similar::TextDiff;

use super::{Audit, audits, core};
use crate::Stop;
use crate::args::{Check, Format, Global};
use crate::fault::Fault;
use crate::migrations::{self, LOCK};
use crate::project::Surroundings;
use crate::shell::Shell;

/// The exit code for models without their migration.
const DIFFERENT: u8 = 1;

pub(crate) fn run(
    args: &Check,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    let audits = audits(global, surroundings, shell)?;
    let mut folders = Vec::new();
    let mut different = Vec::new();
    for audit in &audits {
        let steps = audit.steps(args.drop_history)?;
        let diff = diff(audit, &steps, surroundings);
        let folder = migrations::shown(&audit.folder, surroundings);
        let changes: Vec<String> = steps.iter().map(Step::summary).collect();
        if args.output.format == Format::Text {
            shell.diff(&diff)?;
        }
        folders.push(json!({ "migrations": folder, "changes": changes, "diff": diff }));
        if !steps.is_empty() {
            different.push((folder, changes));
        }
    }
    if args.output.format == Format::Json {
        let clean = different.is_empty();
        let report = json!({ "format_version": 1, "clean": clean, "folders": folders });
        shell.result(&format!("{report}\n"))?;
    }
    if different.is_empty() {
        let models: usize = audits.iter().map(|audit| audit.models.len()).sum();
        let plural = if models == 1 { "" } else { "s" };
        shell.status(
            "Finished",
            format!("migrations match {models} model{plural}"),
        );
        return Ok(0);
    }
    for (folder, changes) in different {
        for change in changes {
            shell.status("Missing", change);
        }
        let fault = Fault::new(format!("the models differ from the migrations in {folder}"));
        shell.errors(vec![fault.help("run `cargo diesel-audit generate`")]);
    }
    Ok(DIFFERENT)
}

/// The lock as it is and as the models want it.
fn diff(audit: &Audit, steps: &[Step], surroundings: &Surroundings<'_>) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let path = migrations::shown(&audit.folder.join(LOCK), surroundings);
    let old = match audit.core {
        Some(_) => core::lock(audit, &audit.installed).text,
        None => String::new(),
    };
    let new = core::lock(audit, &after(&audit.installed, steps)).text;
    TextDiff::from_lines(&old, &new)
        .unified_diff()
        .header(&path, "the models")
        .to_string()
}
