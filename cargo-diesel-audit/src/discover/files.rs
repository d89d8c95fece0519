//! From a target's root file along its `mod` lines.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::{fs, io};

use super::{ModuleId, Sources, collect};
use crate::fault::{Fault, Place};

/// How deep modules can be in each other; a circle through `..` has ever new
/// names.
const DEEPEST: usize = 100;

/// Where the files of a module's children are.
#[derive(Clone)]
pub(super) struct Folder {
    /// The file that is being read.
    file: PathBuf,
    pub(super) shown: Rc<str>,
    /// The folder for children without a `#[path]`.
    children: PathBuf,
    /// The folder for children with one.
    paths: PathBuf,
    /// The files that led here, against `#[path]` in a circle.
    trail: Vec<PathBuf>,
}

/// Reads the root file of a target, and everything below.
pub(super) fn read(sources: &mut Sources, root: &Path) -> Option<ModuleId> {
    let folder = Folder::of_root(root, sources.shown(root));
    match fs::read_to_string(root) {
        Ok(text) => {
            let module = sources.add_module(None, "", false);
            collect::file(sources, module, text, &folder);
            Some(module)
        }
        Err(error) => {
            let fault = Fault::new(format!("cannot read {}: {error}", folder.shown));
            match sources.names_only {
                true => sources.unreadable.push(fault),
                false => sources.faults.push(fault),
            }
            None
        }
    }
}

/// Reads the file of `mod name;`.
pub(super) fn child(
    sources: &mut Sources,
    module: ModuleId,
    folder: &Folder,
    name: &str,
    path: Option<&str>,
    place: &Place,
) {
    for candidate in folder.candidates(name, path) {
        match fs::read_to_string(&candidate.file) {
            Ok(_) if folder.trail.contains(&candidate.file) || folder.trail.len() > DEEPEST => {
                let message = format!("the file of the module `{name}` contains itself");
                sources.unreadable.push(Fault::new(message).at(place));
                return;
            }
            Ok(text) => {
                let shown = sources.shown(&candidate.file);
                collect::file(sources, module, text, &Folder { shown, ..candidate });
                return;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let shown = sources.shown(&candidate.file);
                let message = format!("cannot read {shown}: {error}");
                sources.unreadable.push(Fault::new(message).at(place));
                return;
            }
        }
    }
    let message = format!("the file of the module `{name}` is not there");
    sources.unreadable.push(Fault::new(message).at(place));
}

/// The file of `include!("..")`, if it can be read.
pub(super) fn included(
    sources: &mut Sources,
    folder: &Folder,
    path: &str,
) -> Option<(Folder, String)> {
    let parent = folder.file.parent().unwrap_or(Path::new(""));
    let file = parent.join(path);
    if folder.trail.contains(&file) || folder.trail.len() > DEEPEST {
        return None;
    }
    let text = fs::read_to_string(&file).ok()?;
    let mut folder = Folder {
        shown: sources.shown(&file),
        file,
        ..folder.clone()
    };
    folder.trail.push(folder.file.clone());
    Some((folder, text))
}

impl Folder {
    pub(super) fn of_root(root: &Path, shown: Rc<str>) -> Folder {
        let parent = root.parent().unwrap_or(Path::new("")).to_owned();
        Folder {
            file: root.to_owned(),
            shown,
            children: parent.clone(),
            paths: parent,
            trail: vec![root.to_owned()],
        }
    }

    /// The folder of an inline module.
    pub(super) fn inline(&self, name: &str, path: Option<&str>) -> Folder {
        let children = match path {
            Some(path) => self.paths.join(path),
            None => self.children.join(name),
        };
        Folder {
            paths: children.clone(),
            children,
            ..self.clone()
        }
    }

    /// <https://doc.rust-lang.org/reference/items/modules.html#module-source-filenames>
    fn candidates(&self, name: &str, path: Option<&str>) -> Vec<Folder> {
        let folder = |file: PathBuf, children: PathBuf| {
            let mut trail = self.trail.clone();
            trail.push(file.clone());
            Folder {
                paths: file.parent().unwrap_or(Path::new("")).to_owned(),
                shown: Rc::clone(&self.shown),
                file,
                children,
                trail,
            }
        };
        if let Some(path) = path {
            let file = self.paths.join(path);
            let children = file.parent().unwrap_or(Path::new("")).to_owned();
            return vec![folder(file, children)];
        }
        let below = self.children.join(name);
        vec![
            folder(self.children.join(format!("{name}.rs")), below.clone()),
            folder(below.join("mod.rs"), below),
        ]
    }
}
