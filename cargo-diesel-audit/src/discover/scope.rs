//! What a path means where it stands.

use std::collections::HashMap;

use syn::Path;

use diesel_audit_parse as parse;

use super::keep::segments;
use super::{
    AliasId, ContextId, ModuleId, Name, Names, Sources, TableId, TypeId, UsePath, imports,
};

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Module(ModuleId),
    Table(TableId),
    Type(TypeId),
    Alias(AliasId),
    Context(ContextId),
    /// Something of another crate, by its path there.
    External(Vec<String>),
}

/// Names that were looked up on the way: found, or not, or not yet, which is
/// the answer to imports in a circle.
type Trail = HashMap<(ModuleId, String), Option<Found>>;

impl Sources {
    /// What a path leads to, seen from a module.
    pub(crate) fn resolve(&self, from: ModuleId, path: &Path) -> Option<Found> {
        let path = UsePath {
            absolute: path.leading_colon.is_some(),
            segments: segments(path),
        };
        self.follow(from, &path, &mut Trail::new())
    }

    fn follow(&self, from: ModuleId, path: &UsePath, trail: &mut Trail) -> Option<Found> {
        let (first, rest) = path.segments.split_first()?;
        let mut found = match first.as_str() {
            _ if path.absolute => self.krate(first),
            "crate" => Found::Module(self.root(from)),
            "self" => Found::Module(self.proper(from)),
            "super" => Found::Module(self.above(self.proper(from))?),
            name => self
                .visible(from, name, trail)
                .unwrap_or_else(|| self.krate(first)),
        };
        for segment in rest {
            found = match found {
                Found::Module(module) if segment == "super" => Found::Module(self.above(module)?),
                Found::Module(module) => self.member(module, segment, trail)?,
                Found::External(mut path) => {
                    path.push(segment.clone());
                    Found::External(path)
                }
                Found::Table(_) | Found::Type(_) | Found::Alias(_) | Found::Context(_) => {
                    return None;
                }
            };
        }
        Some(found)
    }

    /// Whether both modules are below one root.
    pub(crate) fn are_of_one_crate(&self, a: ModuleId, b: ModuleId) -> bool {
        self.root(a) == self.root(b)
    }

    fn krate(&self, name: &str) -> Found {
        match self.crates.get(name) {
            Some(&module) => Found::Module(module),
            None => Found::External(vec![name.to_owned()]),
        }
    }

    /// A name that needs no path: one of the module, or of what is around a
    /// block.
    fn visible(&self, from: ModuleId, name: &str, trail: &mut Trail) -> Option<Found> {
        self.member(from, name, trail).or_else(|| {
            let module = &self.modules[from.0];
            let around = module.parent.filter(|_| module.is_block)?;
            self.visible(around, name, trail)
        })
    }

    /// What a module defines or imports by this name.
    fn member(&self, module: ModuleId, name: &str, trail: &mut Trail) -> Option<Found> {
        let step = (module, name.to_owned());
        if let Some(known) = trail.get(&step) {
            return known.clone();
        }
        trail.insert(step.clone(), None);
        let names = self.names(module);
        let found = self
            .named(names, module, name, trail)
            .or_else(|| self.by_glob(names, module, name, trail));
        trail.insert(step, found.clone());
        found
    }

    fn named(
        &self,
        names: &Names,
        module: ModuleId,
        name: &str,
        trail: &mut Trail,
    ) -> Option<Found> {
        let named = names.named.get(name)?;
        let items = named.iter().filter_map(|what| match what {
            Name::Item(found) => Some(found.clone()),
            Name::Import(_) => None,
        });
        if let Some(item) = items.into_iter().next() {
            return Some(item);
        }
        named.iter().find_map(|what| match what {
            Name::Import(path) => self.follow(module, path, trail),
            Name::Item(_) => None,
        })
    }

    fn by_glob(
        &self,
        names: &Names,
        module: ModuleId,
        name: &str,
        trail: &mut Trail,
    ) -> Option<Found> {
        names.globs.iter().find_map(|glob| {
            match self.follow(module, glob, trail)? {
                Found::Module(other) => self.member(other, name, trail),
                // Of other crates we know only what Diesel's SQL types are.
                Found::External(mut path) if is_sql_types(&path) && is_sql_type(name) => {
                    path.push(name.to_owned());
                    Some(Found::External(path))
                }
                _ => None,
            }
        })
    }

    fn names(&self, module: ModuleId) -> &Names {
        let module = &self.modules[module.0];
        module
            .names
            .get_or_init(|| imports::of_file(&module.unread))
    }

    fn root(&self, mut module: ModuleId) -> ModuleId {
        while let Some(parent) = self.modules[module.0].parent {
            module = parent;
        }
        module
    }

    /// The module that a block is in.
    fn proper(&self, mut module: ModuleId) -> ModuleId {
        while self.modules[module.0].is_block
            && let Some(parent) = self.modules[module.0].parent
        {
            module = parent;
        }
        module
    }

    fn above(&self, module: ModuleId) -> Option<ModuleId> {
        self.modules[module.0]
            .parent
            .map(|parent| self.proper(parent))
    }
}

/// The name of one of Diesel's SQL types, if the path is its.
pub(crate) fn diesel_sql_type(path: &[String]) -> Option<&str> {
    let (name, module) = path.split_last()?;
    (is_sql_types(module) && is_sql_type(name)).then_some(name.as_str())
}

fn is_sql_types(module: &[String]) -> bool {
    let module: Vec<&str> = module.iter().map(String::as_str).collect();
    matches!(
        module[..],
        ["diesel", "sql_types"] | ["diesel", "pg", "sql_types"]
    )
}

fn is_sql_type(name: &str) -> bool {
    parse::pg_type(name).is_some() || ["Array", "Multirange", "Nullable", "Range"].contains(&name)
}
