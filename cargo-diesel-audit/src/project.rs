//! The packages that a command is about, as cargo has them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};
use chrono::{DateTime, Utc};
use diesel_audit_model::names::Conventions;
use diesel_audit_parse as parse;

use crate::args::Packages;
use crate::discover::Sources;
use crate::fault::Fault;
use crate::resolve::{self, Resolved, resolve};
use crate::settings::{self, Settings};
use crate::sql_type::SqlTypes;
use crate::targets::{Target, folder_of, foreign, libraries, targets};

/// What a command may know of the process that it runs in.
pub(crate) struct Surroundings<'a> {
    pub(crate) current_dir: PathBuf,
    pub(crate) variable: &'a dyn Fn(&str) -> Option<OsString>,
    pub(crate) now: DateTime<Utc>,
}

/// The packages of a workspace.
pub(crate) struct Project {
    pub(crate) selected: Vec<Package>,
    pub(crate) others: Vec<Package>,
}

/// A package before its sources are read.
pub(crate) struct Package {
    pub(crate) name: String,
    /// The folder of its Cargo.toml.
    pub(crate) root: PathBuf,
    /// The root files of what it makes.
    targets: Vec<Target>,
    /// The libraries of the workspace that it can name.
    libraries: Vec<Target>,
    /// The crates from elsewhere, by the names that they have here.
    foreign: BTreeSet<String>,
    metadata: serde_json::Value,
}

/// A package with its sources read.
pub(crate) struct Read {
    pub(crate) models: Vec<Resolved>,
    pub(crate) warnings: Vec<Fault>,
    pub(crate) embeds_migrations: bool,
    pub(crate) settings: Settings,
}

/// Asks cargo for the packages.
///
/// # Errors
/// What cargo says, and packages that are not there.
pub(crate) fn packages(
    asked: &Packages,
    surroundings: &Surroundings<'_>,
) -> Result<Project, Vec<Fault>> {
    let mut command = MetadataCommand::new();
    command.no_deps().current_dir(&surroundings.current_dir);
    if let Some(path) = &asked.manifest_path {
        command.manifest_path(path);
    }
    let metadata = command.exec().map_err(|error| vec![of_cargo(error)])?;
    let selection = selection(asked, &metadata, surroundings)?;
    let (mut selected, mut others) = (Vec::new(), Vec::new());
    for package in &metadata.packages {
        let list = match selection.contains(&package.name.as_str()) {
            true => &mut selected,
            false => &mut others,
        };
        list.push(self::package(package, &metadata));
    }
    Ok(Project { selected, others })
}

fn of_cargo(error: cargo_metadata::Error) -> Fault {
    match error {
        cargo_metadata::Error::CargoMetadata { stderr } => {
            let text = stderr.trim();
            Fault::new(text.strip_prefix("error: ").unwrap_or(text))
        }
        error => Fault::new(format!("cannot ask cargo for the packages: {error}")),
    }
}

/// The names of the packages that are asked for.
fn selection<'m>(
    asked: &Packages,
    metadata: &'m Metadata,
    surroundings: &Surroundings<'_>,
) -> Result<Vec<&'m str>, Vec<Fault>> {
    let all: Vec<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    // A version may follow, and nothing in a workspace has two.
    let name = |spec: &str| spec.split('@').next().unwrap_or(spec).to_owned();
    let named: Vec<String> = asked.package.iter().map(|spec| name(spec)).collect();
    let excluded: Vec<String> = asked.exclude.iter().map(|spec| name(spec)).collect();
    let unknown = named
        .iter()
        .chain(&excluded)
        .filter(|name| !all.contains(&name.as_str()));
    let faults: Vec<Fault> = unknown
        .map(|name| {
            Fault::new(format!("the package `{name}` is not in the workspace"))
                .help(format!("its packages are `{}`", all.join("`, `")))
        })
        .collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let is_named = |package: &&str| named.iter().any(|name| name == package);
    let base: Vec<&str> = if asked.workspace || (named.is_empty() && !excluded.is_empty()) {
        all
    } else if named.is_empty() {
        current(asked, metadata, surroundings)
    } else {
        all.into_iter().filter(is_named).collect()
    };
    Ok(base
        .into_iter()
        .filter(|package| !excluded.iter().any(|name| name == package))
        .collect())
}

/// The package of the nearest Cargo.toml, or the default ones of a workspace
/// without a package of its own.
fn current<'m>(
    asked: &Packages,
    metadata: &'m Metadata,
    surroundings: &Surroundings<'_>,
) -> Vec<&'m str> {
    let manifest = match &asked.manifest_path {
        Some(path) => Some(surroundings.current_dir.join(path)),
        None => surroundings
            .current_dir
            .ancestors()
            .map(|folder| folder.join("Cargo.toml"))
            .find(|manifest| manifest.is_file()),
    };
    // Cargo resolves links and `..`, so names alone do not tell.
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let manifest = manifest.map(|manifest| canonical(&manifest));
    let here = metadata
        .packages
        .iter()
        .find(|p| manifest.as_ref() == Some(&canonical(p.manifest_path.as_std_path())));
    match here {
        Some(package) => vec![package.name.as_str()],
        None => {
            let default = &metadata.workspace_default_members;
            let packages = metadata.packages.iter();
            packages
                .filter(|p| default.contains(&p.id))
                .map(|p| p.name.as_str())
                .collect()
        }
    }
}

fn package(package: &cargo_metadata::Package, metadata: &Metadata) -> Package {
    Package {
        name: package.name.to_string(),
        root: folder_of(package),
        targets: targets(package),
        libraries: libraries(package, metadata),
        foreign: foreign(package),
        metadata: package.metadata.clone(),
    }
}

impl Package {
    /// Reads the sources.
    ///
    /// # Errors
    /// Everything that is wrong in Cargo.toml and in the sources.
    pub(crate) fn read(&self, surroundings: &Surroundings<'_>) -> Result<Read, Vec<Fault>> {
        self.read_for(None, surroundings)
    }

    /// Reads the sources for the models that are called `asked`. Where there
    /// are none, all models are read.
    ///
    /// # Errors
    /// Everything that is wrong in Cargo.toml, and with those models.
    pub(crate) fn read_for(
        &self,
        asked: Option<&str>,
        surroundings: &Surroundings<'_>,
    ) -> Result<Read, Vec<Fault>> {
        let settings = settings::read(&self.metadata);
        let conventions = self.conventions();
        let (settings, conventions) = match (settings, conventions) {
            (Ok(settings), Ok(conventions)) => (settings, conventions),
            (settings, conventions) => {
                let faults = [settings.err(), conventions.err()].into_iter().flatten();
                return Err(faults.flatten().collect());
            }
        };
        let mut sources = Sources::new(surroundings.current_dir.clone(), self.foreign.clone());
        let targets = self.asked_targets(&settings);
        if let Some(library) = self
            .targets
            .first()
            .filter(|target| target.library.is_some())
            && !targets.iter().any(|target| target.file == library.file)
        {
            sources.read_names(&library.file, library.library.as_deref());
        }
        for target in &targets {
            sources.read(&target.file, target.library.as_deref());
        }
        if !sources.models.is_empty() {
            for library in &self.libraries {
                sources.read_names(&library.file, library.library.as_deref());
            }
        }
        let models = resolve(&sources, &settings, &conventions, asked)?;
        let mut warnings = std::mem::take(&mut sources.warnings);
        warnings.extend(resolve::warnings(&SqlTypes {
            sources: &sources,
            by_hand: &settings.types,
        }));
        Ok(Read {
            models,
            warnings,
            embeds_migrations: sources.embeds_migrations,
            settings,
        })
    }

    fn asked_targets(&self, settings: &Settings) -> Vec<Target> {
        let Some(listed) = &settings.sources else {
            return self.targets.clone();
        };
        let target = |file: &String| {
            let file = self.root.join(file);
            let known = self.targets.iter().find(|target| target.file == file);
            known.cloned().unwrap_or(Target {
                file,
                library: None,
            })
        };
        listed.iter().map(target).collect()
    }

    /// From the text, as the derive does.
    fn conventions(&self) -> Result<Conventions, Vec<Fault>> {
        let manifest = self.root.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).map_err(|error| {
            vec![Fault::new(format!(
                "cannot read {}: {error}",
                manifest.display()
            ))]
        })?;
        parse::conventions(&text)
            .map(Option::unwrap_or_default)
            .map_err(|problems| {
                let problems = problems.iter();
                problems
                    .map(|problem| Fault::new(problem.to_string()))
                    .collect()
            })
    }
}
