//! `generate`: the migration from what is installed to what the models say.

use std::path::Path;

use diesel_audit_model::{Migration, Step, after, lock, migration};
use serde_json::{Value, json};

use super::{Audit, amend, audits, hints, init_filter};
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
        let job = Job {
            args,
            audit,
            steps,
            surroundings,
        };
        report.push(job.run(shell)?);
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

/// One migrations folder with something to do.
struct Job<'a> {
    args: &'a Generate,
    audit: &'a Audit,
    steps: &'a [Step],
    surroundings: &'a Surroundings<'a>,
}

impl Job<'_> {
    /// Writes or prints the migration, and returns what a program may want to
    /// know of it.
    fn run(&self, shell: &mut Shell<'_>) -> Result<Value, Stop> {
        let folder = &self.audit.folder;
        let existing = migrations::existing(folder).map_err(|error| self.unreadable(&error))?;
        let migration = migration(self.steps, &self.audit.lock_timeout);
        let lock = File {
            path: folder.join(LOCK),
            text: lock::render(&after(&self.audit.installed, self.steps)),
        };
        let amended = match &self.args.amend {
            Some(asked) => Some(amend::amended(folder, &existing, asked, &migration)?),
            None => None,
        };
        let (name, files) = match amended {
            Some(amended) => (amended.name, amended.files),
            None => {
                let name = self.args.name.clone().unwrap_or_else(|| named(self.steps));
                let name = migrations::new_name(&existing, self.surroundings.now, &name);
                (name.clone(), new_files(&folder.join(name), &migration))
            }
        };
        let path = migrations::shown(&folder.join(&name), self.surroundings);
        let text = |file: &str| {
            let is_it = |written: &&File| written.path.ends_with(file);
            files.iter().find(is_it).map(|written| written.text.clone())
        };
        let (up, down) = (text("up.sql"), text("down.sql"));
        let summaries: Vec<String> = self.steps.iter().map(Step::summary).collect();
        let mut report = json!({ "path": path, "changes": summaries });
        if self.args.dry_run {
            let (up, down) = (up.unwrap_or_default(), down.unwrap_or_default());
            if self.args.output.format == Format::Text {
                shell.result(&format!("{up}\n-- down.sql\n{down}"))?;
            }
            shell.status("Finished", format!("dry run: {path} is not written"));
            report["up"] = up.into();
            report["down"] = down.into();
            return Ok(report);
        }
        self.write(&path, &name, files, lock)?;
        let verb = if self.args.amend.is_some() {
            "Amended"
        } else {
            "Generated"
        };
        shell.status(verb, &path);
        for summary in &summaries {
            shell.status("", summary);
        }
        let written = &migration.up.whole;
        hints::after(self.audit, self.steps, &existing, self.args, written, shell);
        Ok(report)
    }

    fn write(&self, shown: &str, name: &str, files: Vec<File>, lock: File) -> Result<(), Stop> {
        let written = if self.args.amend.is_some() {
            // The lock last: whoever finds it finds the rest.
            let files: Vec<File> = files.into_iter().chain([lock]).collect();
            write::replace(&files)
        } else {
            let name_and_text = |file: &File| {
                let name = file.path.file_name()?.to_str()?.to_owned();
                Some((name, file.text.clone()))
            };
            let files: Vec<(String, String)> = files.iter().filter_map(name_and_text).collect();
            let files: Vec<(&str, &str)> = files
                .iter()
                .map(|(n, t)| (n.as_str(), t.as_str()))
                .collect();
            write::folder(&self.audit.folder.join(name), &files, &lock)
        };
        written.map_err(|error| {
            Fault::new(format!("cannot write {shown}: {error}"))
                .help("nothing has changed; make the migrations folder writable and run it again")
                .into()
        })
    }

    fn unreadable(&self, error: &std::io::Error) -> Fault {
        let folder = migrations::shown(&self.audit.folder, self.surroundings);
        Fault::new(format!("cannot read {folder}: {error}"))
    }
}

fn new_files(folder: &Path, migration: &Migration) -> Vec<File> {
    [("up.sql", &migration.up), ("down.sql", &migration.down)]
        .map(|(name, script)| File {
            path: folder.join(name),
            text: script.whole.clone(),
        })
        .into()
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
