//! `generate`: the migration from what is installed to what the models say.

use std::path::{Path, PathBuf};

use diesel_audit_model::{Installed, Script, Step, after, lock, migration};
use serde_json::{Value, json};

use super::hints::{self, Written};
use super::{Audit, amend, audits, init_filter};
use crate::Stop;
use crate::args::{Format, Generate, Global};
use crate::fault::Fault;
use crate::migrations::{self, LOCK};
use crate::project::Surroundings;
use crate::shell::Shell;
use crate::write::{self, File};

pub(crate) fn run(
    args: &Generate,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    if let Some(name) = &args.name {
        checked(name)?;
    }
    let audits = audits(global, surroundings, shell)?;
    let mut work = Vec::new();
    for audit in &audits {
        let steps = audit.steps(args.drop_history)?;
        if !steps.is_empty() {
            work.push((audit, steps));
        }
    }
    if args.amend.is_some() && work.len() > 1 {
        let fault = Fault::new("the changes belong to several migrations folders");
        return Err(fault.help("select one package by `-p`").into());
    }
    let mut report = Vec::new();
    for (audit, steps) in &work {
        let size = if args.split { 1 } else { steps.len() };
        let mut installed = audit.installed.clone();
        for steps in steps.chunks(size) {
            let later = after(&installed, steps);
            let job = Job {
                args,
                audit,
                steps,
                later: &later,
                surroundings,
            };
            report.push(job.run(shell)?);
            installed = later;
        }
    }
    if args.init_filter {
        init_filter::run(&audits, args.dry_run, surroundings, shell)?;
    }
    if args.output.format == Format::Json {
        let report = json!({ "format_version": 1, "dry_run": args.dry_run, "migrations": report });
        shell.result(&format!("{report}\n"))?;
    }
    if work.is_empty() {
        shell.status("Finished", "nothing to do: migrations match the models");
    }
    Ok(0)
}

/// One migration to write.
struct Job<'a> {
    args: &'a Generate,
    audit: &'a Audit,
    steps: &'a [Step],
    /// What is installed after the steps.
    later: &'a [Installed],
    surroundings: &'a Surroundings<'a>,
}

/// What is to be written.
struct Plan {
    /// The folder, as it is shown.
    shown: String,
    folder: PathBuf,
    up: File,
    down: Option<File>,
    lock: File,
    hints: Vec<String>,
}

impl Job<'_> {
    /// Writes or prints the migration, and returns what a program may want to
    /// know of it.
    fn run(&self, shell: &mut Shell<'_>) -> Result<Value, Stop> {
        let plan = self.plan()?;
        let summaries: Vec<String> = self.steps.iter().map(Step::summary).collect();
        let mut report = json!({ "path": plan.shown, "changes": summaries });
        let shown = plan.shown.clone();
        let hints = plan.hints.clone();
        if plan.down.is_none() {
            shell.warning(&self.no_way_back(&shown));
        }
        if self.args.dry_run {
            let down = plan.down.map_or_else(String::new, |down| down.text);
            let up = plan.up.text;
            if self.args.output.format == Format::Text {
                shell.result(&format!("{up}\n-- down.sql\n{down}"))?;
            }
            shell.status("Finished", format!("dry run: {shown} is not written"));
            report["up"] = up.into();
            report["down"] = down.into();
        } else {
            self.write(plan)?;
            let amended = self.args.amend.is_some();
            shell.status(if amended { "Amended" } else { "Generated" }, &shown);
            for summary in &summaries {
                shell.status("", summary);
            }
        }
        for hint in hints {
            shell.hint(hint);
        }
        Ok(report)
    }

    fn plan(&self) -> Result<Plan, Stop> {
        let folder = &self.audit.folder;
        let shown = |path: &Path| migrations::shown(path, self.surroundings);
        let existing = migrations::existing(folder)
            .map_err(|error| Fault::new(format!("cannot read {}: {error}", shown(folder))))?;
        let mut migration = migration(self.steps, &self.audit.lock_timeout);
        if self.args.baseline {
            let with_baseline = migration.with_baseline(self.steps);
            migration = with_baseline.map_err(|problem| Fault::new(problem.to_string()))?;
        }
        let (folder, up, down) = match &self.args.amend {
            Some(asked) => {
                let amended = amend::amended(folder, &existing, asked, &migration)?;
                (amended.folder, amended.up, amended.down)
            }
            None => {
                let name = self.args.name.clone().unwrap_or_else(|| named(self.steps));
                let name = migrations::new_name(&existing, self.surroundings.now, &name);
                let folder = folder.join(name);
                let file = |name: &str, script: &Script| File {
                    path: folder.join(name),
                    text: script.whole.clone(),
                };
                let up = file("up.sql", &migration.up);
                let down = Some(file("down.sql", &migration.down));
                (folder, up, down)
            }
        };
        let shown = shown(&folder);
        Ok(Plan {
            hints: hints::hints(&Written {
                audit: self.audit,
                steps: self.steps,
                existing: &existing,
                args: self.args,
                folder: &shown,
                sql: &migration.up.whole,
            }),
            lock: File {
                path: self.audit.folder.join(LOCK),
                text: lock::render(self.later),
            },
            shown,
            folder,
            up,
            down,
        })
    }

    /// Only a migration of the user's can be without a down.sql.
    fn no_way_back(&self, shown: &str) -> Fault {
        let message =
            format!("{shown} has no down.sql, so nothing takes back the audit's part of it either");
        Fault::new(message).help(match self.args.dry_run {
            true => "add a down.sql first, even an empty one".to_owned(),
            false => format!(
                "to have one, take back its up.sql and the {LOCK} of before, add a down.sql, and run it again"
            ),
        })
    }

    fn write(&self, plan: Plan) -> Result<(), Stop> {
        let files = [plan.up].into_iter().chain(plan.down);
        let written = match &self.args.amend {
            // The lock last: whoever finds it finds the rest.
            Some(_) => write::replace(&files.chain([plan.lock]).collect::<Vec<File>>()),
            None => write::folder(&plan.folder, &files.collect::<Vec<File>>(), plan.lock),
        };
        written.map_err(|error| {
            Fault::new(format!("cannot write {}: {error}", plan.shown))
                .help("nothing has changed; make the migrations folder writable and run it again")
                .into()
        })
    }
}

/// What the migration does, as a folder's name.
fn named(steps: &[Step]) -> String {
    let name = match steps {
        [only] => only.name(),
        _ if steps.iter().all(|step| matches!(step, Step::Install(_))) => "audit_tables".to_owned(),
        _ if steps.iter().all(Step::ends) => "end_audits".to_owned(),
        _ => "change_audits".to_owned(),
    };
    // A table may be called anything.
    let fits = |c: char| if c.is_alphanumeric() { c } else { '_' };
    name.chars().map(fits).take(100).collect()
}

fn checked(name: &str) -> Result<(), Fault> {
    let wrong = name.is_empty() || name.contains(['/', '\\', '\0']);
    if wrong {
        let message = format!(
            "`{}` cannot be the name of a migration",
            name.escape_default()
        );
        return Err(Fault::new(message).help("write a name such as `audit_users`"));
    }
    Ok(())
}
