//! `generate`: the migration from what is installed to what the models say, after
//! that of the core.

use std::path::PathBuf;

use diesel_audit_sql::{Installed, Script, Step, after, migration};
use serde_json::{Value, json};

use super::hints::{self, Written};
use super::{Audit, amend, audits, core, init_filter};
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
    let mut plans = Vec::new();
    for (audit, steps) in &work {
        plans.append(&mut plans_of(args, audit, steps, surroundings)?);
    }
    let mut report = Vec::new();
    for plan in plans {
        report.push(plan.carry_out(args, shell)?);
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

/// The migrations of one folder, each after the one before. Nothing is written until
/// all of them are known.
fn plans_of(
    args: &Generate,
    audit: &Audit,
    steps: &[Step],
    surroundings: &Surroundings<'_>,
) -> Result<Vec<Plan>, Stop> {
    let folder = &audit.folder;
    let mut existing = migrations::existing(folder).map_err(|error| {
        let shown = migrations::shown(folder, surroundings);
        Fault::new(format!("cannot read {shown}: {error}"))
    })?;
    let mut plans = Vec::new();
    if core::is_missing(audit) {
        let plan = core::plan(args, audit, &existing, surroundings)?;
        existing.push(plan.name());
        existing.sort();
        plans.push(plan);
    }
    let size = if args.split { 1 } else { steps.len() };
    let mut installed = audit.installed.clone();
    for steps in steps.chunks(size) {
        let later = after(&installed, steps);
        let job = Job {
            args,
            audit,
            existing: &existing,
            steps,
            later: &later,
            surroundings,
        };
        let plan = job.plan()?;
        existing.push(plan.name());
        plans.push(plan);
        installed = later;
    }
    Ok(plans)
}

/// One migration of audited tables.
struct Job<'a> {
    args: &'a Generate,
    audit: &'a Audit,
    /// The migrations before it.
    existing: &'a [String],
    steps: &'a [Step],
    /// What is installed after the steps.
    later: &'a [Installed],
    surroundings: &'a Surroundings<'a>,
}

/// What is to be written.
pub(super) struct Plan {
    /// The folder, as it is shown.
    pub(super) shown: String,
    pub(super) folder: PathBuf,
    /// Whether the folder is there, with a migration of the user's.
    pub(super) amends: bool,
    pub(super) up: File,
    pub(super) down: Option<File>,
    pub(super) lock: File,
    /// What it does, a line for each step.
    pub(super) changes: Vec<String>,
    pub(super) hints: Vec<String>,
}

impl Plan {
    fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Writes or prints the migration, and returns what a program may want to
    /// know of it.
    fn carry_out(self, args: &Generate, shell: &mut Shell<'_>) -> Result<Value, Stop> {
        let (shown, amends) = (self.shown.clone(), self.amends);
        let (changes, hints) = (self.changes.clone(), self.hints.clone());
        let mut report = json!({ "path": shown, "changes": changes });
        if self.down.is_none() {
            shell.warning(&no_way_back(&shown, args.dry_run));
        }
        if args.dry_run {
            let down = self.down.map_or_else(String::new, |down| down.text);
            let up = self.up.text;
            if args.output.format == Format::Text {
                shell.result(&format!(
                    "-- {shown}/up.sql\n{up}\n-- {shown}/down.sql\n{down}\n"
                ))?;
            }
            shell.status("Finished", format!("dry run: {shown} is not written"));
            report["up"] = up.into();
            report["down"] = down.into();
        } else {
            self.write()?;
            shell.status(if amends { "Amended" } else { "Generated" }, &shown);
            for change in &changes {
                shell.status("", change);
            }
        }
        for hint in hints {
            shell.hint(hint);
        }
        Ok(report)
    }

    fn write(self) -> Result<(), Stop> {
        let files = [self.up].into_iter().chain(self.down);
        let written = match self.amends {
            // The lock last: whoever finds it finds the rest.
            true => write::replace(&files.chain([self.lock]).collect::<Vec<File>>()),
            false => write::folder(&self.folder, &files.collect::<Vec<File>>(), self.lock),
        };
        written.map_err(|error| {
            Fault::new(format!("cannot write {}: {error}", self.shown))
                .help(
                    "nothing of it is there; make the migrations folder writable and run it again",
                )
                .into()
        })
    }
}

impl Job<'_> {
    fn plan(&self) -> Result<Plan, Stop> {
        let folder = &self.audit.folder;
        let mut migration = migration(self.steps, &self.audit.lock_timeout);
        if self.args.baseline {
            let with_baseline = migration.with_baseline(self.steps);
            migration = with_baseline.map_err(|problem| Fault::new(problem.to_string()))?;
        }
        let (folder, up, down) = match &self.args.amend {
            Some(asked) => {
                let amended = amend::amended(folder, self.existing, asked, &migration)?;
                (amended.folder, amended.up, amended.down)
            }
            None => {
                let name = self.args.name.clone().unwrap_or_else(|| named(self.steps));
                let name = migrations::new_name(self.existing, self.surroundings.now, &name);
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
        let shown = migrations::shown(&folder, self.surroundings);
        Ok(Plan {
            hints: hints::hints(&Written {
                audit: self.audit,
                steps: self.steps,
                existing: self.existing,
                args: self.args,
                folder: &shown,
                sql: &migration.up.whole,
            }),
            lock: core::lock(self.audit, self.later),
            changes: self.steps.iter().map(Step::summary).collect(),
            amends: self.args.amend.is_some(),
            shown,
            folder,
            up,
            down,
        })
    }
}

/// Only a migration of the user's can be without a down.sql.
fn no_way_back(shown: &str, dry_run: bool) -> Fault {
    let message =
        format!("{shown} has no down.sql, so nothing takes back the audit's part of it either");
    Fault::new(message).help(match dry_run {
        true => "add a down.sql first, even an empty one".to_owned(),
        false => format!(
            "to have one, restore its up.sql and the previous {LOCK}, add a down.sql, and run it again"
        ),
    })
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
