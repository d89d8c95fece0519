//! The names that `use` lines bring along.

use syn::ext::IdentExt;
use syn::{Item, ItemUse, UseTree};

use super::{Name, Names, UsePath, parse};

/// Adds what one line imports.
pub(super) fn import(names: &mut Names, line: &ItemUse) {
    let mut prefix = Vec::new();
    tree(names, line.leading_colon.is_some(), &mut prefix, &line.tree);
}

fn tree(names: &mut Names, absolute: bool, prefix: &mut Vec<String>, tree: &UseTree) {
    let path = |segments: Vec<String>| UsePath { absolute, segments };
    let with = |prefix: &[String], name: &str| {
        // `self` in braces is what stands in front of them.
        let mut segments = prefix.to_vec();
        if name != "self" || segments.is_empty() {
            segments.push(name.to_owned());
        }
        segments
    };
    match tree {
        UseTree::Path(inner) => {
            prefix.push(inner.ident.unraw().to_string());
            self::tree(names, absolute, prefix, &inner.tree);
            prefix.pop();
        }
        UseTree::Name(name) => {
            let segments = with(prefix, &name.ident.unraw().to_string());
            if let Some(last) = segments.last() {
                names.add(last.clone(), Name::Import(path(segments)));
            }
        }
        UseTree::Rename(rename) => {
            let segments = with(prefix, &rename.ident.unraw().to_string());
            let name = rename.rename.unraw().to_string();
            names.add(name, Name::Import(path(segments)));
        }
        UseTree::Glob(_) => names.globs.push(path(prefix.clone())),
        UseTree::Group(group) => {
            for tree in &group.items {
                self::tree(names, absolute, prefix, tree);
            }
        }
    }
}

/// The imports of a file that has nothing else of ours. What is no Rust has
/// none.
pub(super) fn of_file(text: &str) -> Names {
    let mut names = Names::default();
    if text.contains("use ")
        && let Ok(file) = parse::file(text)
    {
        for item in &file.items {
            if let Item::Use(line) = item {
                import(&mut names, line);
            }
        }
    }
    names
}
