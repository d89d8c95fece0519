//! The root files of what a package makes, and of what it can name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, TargetKind};

/// A root file.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) file: PathBuf,
    /// The name of the crate, for a library.
    pub(crate) library: Option<String>,
}

/// The library first, since the binaries name it.
pub(crate) fn targets(package: &cargo_metadata::Package) -> Vec<Target> {
    let library = library(package);
    let binaries = package.targets.iter().filter(|target| target.is_bin());
    let binaries = binaries.map(|target| Target {
        file: target.src_path.clone().into_std_path_buf(),
        library: None,
    });
    library.into_iter().chain(binaries).collect()
}

fn library(package: &cargo_metadata::Package) -> Option<Target> {
    let kinds = [
        TargetKind::Lib,
        TargetKind::RLib,
        TargetKind::DyLib,
        TargetKind::CDyLib,
        TargetKind::StaticLib,
    ];
    let target = package
        .targets
        .iter()
        .find(|target| target.kind.iter().any(|kind| kinds.contains(kind)))?;
    Some(Target {
        file: target.src_path.clone().into_std_path_buf(),
        library: Some(target.name.replace('-', "_")),
    })
}

/// The libraries that a package depends on by a path, also through each other.
pub(crate) fn libraries(package: &cargo_metadata::Package, metadata: &Metadata) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    let mut waiting = vec![package];
    while let Some(package) = waiting.pop() {
        for dependency in &package.dependencies {
            let Some(folder) = &dependency.path else {
                continue;
            };
            let is_it = |p: &&cargo_metadata::Package| folder_of(p) == *folder;
            let member = metadata.packages.iter().find(is_it);
            let library = match member {
                Some(member) => library(member),
                // Cargo says nothing of what is outside of the workspace.
                None => Some(Target {
                    file: folder.join("src/lib.rs").into_std_path_buf(),
                    library: Some(dependency.name.replace('-', "_")),
                }),
            };
            let Some(mut library) = library else {
                continue;
            };
            if let Some(rename) = &dependency.rename {
                library.library = Some(rename.replace('-', "_"));
            }
            let known =
                |other: &Target| other.file == library.file && other.library == library.library;
            if !found.iter().any(known) {
                found.push(library);
                waiting.extend(member);
            }
        }
    }
    found
}

/// The crates that a package depends on and that are neither the user's own nor
/// the ones whose macros are looked for.
pub(crate) fn foreign(package: &cargo_metadata::Package) -> BTreeSet<String> {
    let dependencies = package.dependencies.iter();
    dependencies
        .filter(|dependency| {
            dependency.path.is_none()
                && !["diesel", "diesel-audit"].contains(&dependency.name.as_str())
        })
        .map(|dependency| dependency.rename.as_ref().unwrap_or(&dependency.name))
        .map(|name| name.replace('-', "_"))
        .collect()
}

/// The folder of a package's Cargo.toml.
pub(crate) fn folder_of(package: &cargo_metadata::Package) -> PathBuf {
    let manifest = package.manifest_path.as_std_path();
    manifest.parent().unwrap_or(Path::new("")).to_owned()
}
