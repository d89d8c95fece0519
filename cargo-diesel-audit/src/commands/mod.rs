//! One file for each command, and what they share: the models of the selected
//! packages beside what their migrations have installed.

mod amend;
pub(crate) mod baseline;
pub(crate) mod check;
pub(crate) mod completions;
mod core;
pub(crate) mod generate;
mod hints;
mod init_filter;
mod installed;
pub(crate) mod list;
mod of_user;
mod pages;
pub(crate) mod preamble;
pub(crate) mod reconcile;
pub(crate) mod roles;
pub(crate) mod seal;
pub(crate) mod sql;
pub(crate) mod verify;

use std::path::PathBuf;

use crate::lock::Lock;
use diesel_audit_model::{Problems, QualifiedName};
use diesel_audit_sql::{Declared, Installed, LockTimeout, Options, Step, difference};

use crate::Stop;
use crate::args::Global;
use crate::fault::Fault;
use crate::migrations::{self, LOCK};
use crate::project::{self, Package, Surroundings};
use crate::resolve::{Resolved, one_for_each_table};
use crate::shell::Shell;

/// A migrations folder and the packages that share it.
pub(crate) struct Audit {
    pub(crate) folder: PathBuf,
    /// The packages by name, with the folders of their Cargo.tomls.
    pub(crate) packages: Vec<(String, PathBuf)>,
    pub(crate) models: Vec<Resolved>,
    /// One for each table.
    pub(crate) declared: Vec<Declared>,
    /// The version of the core that the migrations bring; nothing without a lock.
    pub(crate) core: Option<u32>,
    /// What the lock says.
    pub(crate) installed: Vec<Installed>,
    pub(crate) lock_timeout: LockTimeout,
    pub(crate) embeds_migrations: bool,
    pub(crate) config_file: Option<PathBuf>,
}

/// Reads the selected packages, each with the folder that its migrations are
/// in. Packages without a model and without a lock are left out.
pub(crate) fn audits(
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<Vec<Audit>, Stop> {
    let project = project::packages(&global.packages, surroundings)?;
    let mut audits: Vec<Audit> = Vec::new();
    let mut timeouts: Vec<(PathBuf, String)> = Vec::new();
    let mut faults = Vec::new();
    for package in &project.selected {
        let read = match package.read(surroundings) {
            Ok(read) => read,
            Err(more) => {
                faults.extend(more);
                continue;
            }
        };
        for warning in &read.warnings {
            shell.warning(warning);
        }
        let folder = match migrations::folder(package, global, surroundings) {
            Ok(folder) if read.models.is_empty() && !folder.join(LOCK).is_file() => continue,
            Ok(folder) => folder,
            Err(_) if read.models.is_empty() => continue,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        timeouts.extend(
            read.settings
                .lock_timeout
                .map(|timeout| (folder.clone(), timeout)),
        );
        let audit = match audits
            .iter_mut()
            .position(|audit| migrations::same(&audit.folder, &folder))
        {
            Some(known) => &mut audits[known],
            None => {
                audits.push(Audit {
                    config_file: migrations::config_file(package, global, surroundings),
                    folder,
                    packages: Vec::new(),
                    models: Vec::new(),
                    declared: Vec::new(),
                    core: None,
                    installed: Vec::new(),
                    lock_timeout: LockTimeout::default(),
                    embeds_migrations: false,
                });
                let last = audits.len() - 1;
                &mut audits[last]
            }
        };
        audit
            .packages
            .push((package.name.clone(), package.root.clone()));
        audit.models.extend(read.models);
        audit.embeds_migrations |= read.embeds_migrations;
    }
    for audit in &mut audits {
        let completed = audit.complete(global, &timeouts, surroundings);
        faults.extend(completed.err().into_iter().flatten());
    }
    if faults.is_empty() {
        for audit in &audits {
            faults.extend(audit.declared_elsewhere(&project.others, global, surroundings));
        }
    }
    if faults.is_empty() {
        Ok(audits)
    } else {
        Err(faults.into())
    }
}

impl Audit {
    /// Fills in what only the whole group tells.
    fn complete(
        &mut self,
        global: &Global,
        timeouts: &[(PathBuf, String)],
        surroundings: &Surroundings<'_>,
    ) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        match one_for_each_table(&self.models) {
            Ok(declared) => self.declared = declared,
            Err(more) => faults.extend(more),
        }
        match self.timeout(global, timeouts) {
            Ok(timeout) => self.lock_timeout = timeout,
            Err(fault) => faults.push(fault),
        }
        match installed::read(&self.folder, surroundings) {
            Ok(Some(Lock { core, installed })) => {
                (self.core, self.installed) = (Some(core), installed);
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    fn timeout(
        &self,
        global: &Global,
        timeouts: &[(PathBuf, String)],
    ) -> Result<LockTimeout, Fault> {
        let ours = timeouts
            .iter()
            .filter(|(folder, _)| migrations::same(folder, &self.folder));
        let mut said: Vec<&str> = ours.map(|(_, timeout)| timeout.as_str()).collect();
        said.dedup();
        let text = match (&global.lock_timeout, said.as_slice()) {
            (Some(asked), _) => asked.as_str(),
            (None, []) => return Ok(LockTimeout::default()),
            (None, [only]) => only,
            (None, [first, second, ..]) => {
                let message = format!(
                    "packages that share a migrations folder want the lock timeouts `{first}` and `{second}`"
                );
                return Err(
                    Fault::new(message).help("write the same `lock_timeout` for all of them")
                );
            }
        };
        LockTimeout::new(text).map_err(|problem| match problem.split_once(": ") {
            Some((message, help)) => Fault::new(message).help(help),
            None => Fault::new(problem),
        })
    }

    /// What leads from what is installed to what is declared.
    pub(crate) fn steps(&self, drop_history: bool) -> Result<Vec<Step>, Stop> {
        difference(&self.installed, &self.declared, &Options { drop_history })
            .map_err(|problems| Stop(self.placed(&problems)))
    }

    /// The rules know tables, and people look for structs.
    fn placed(&self, problems: &Problems) -> Vec<Fault> {
        let place = |text: &str| {
            let of = |model: &&Resolved| text.contains(&model.declared.table.source.to_string());
            self.models.iter().find(of).map(|model| model.place.clone())
        };
        let problems = problems.0.iter().map(ToString::to_string);
        problems
            .map(|text| match place(&text) {
                Some(place) => Fault::new(text).at(&place),
                None => Fault::new(text),
            })
            .collect()
    }

    /// Tables in the lock that a package which is not selected declares: their
    /// audit must not end because nobody looked.
    fn declared_elsewhere(
        &self,
        others: &[Package],
        global: &Global,
        surroundings: &Surroundings<'_>,
    ) -> Vec<Fault> {
        let declares = |source: &QualifiedName| {
            self.declared
                .iter()
                .any(|d| d.table.source == *source || d.renamed_from.as_ref() == Some(source))
        };
        let missing: Vec<_> = self
            .installed
            .iter()
            .map(|installed| &installed.table.source)
            .filter(|source| !declares(source))
            .collect();
        if missing.is_empty() {
            return Vec::new();
        }
        let mut faults = Vec::new();
        for package in others {
            let folder = migrations::folder(package, global, surroundings);
            if !folder.is_ok_and(|folder| migrations::same(&folder, &self.folder)) {
                continue;
            }
            // What is wrong there is not asked for.
            let Ok(read) = package.read(surroundings) else {
                continue;
            };
            let model = |source: &QualifiedName| {
                read.models
                    .iter()
                    .find(|m| m.declared.table.source == *source)
            };
            for model in missing.iter().filter_map(|source| model(source)) {
                let message = format!(
                    "{} is audited for the package `{}`, which is not selected and shares the migrations folder",
                    model.declared.table.source, package.name
                );
                let help = format!("add `-p {}`, or write `--workspace`", package.name);
                faults.push(Fault::new(message).at(&model.place).help(help));
            }
        }
        faults
    }
}
