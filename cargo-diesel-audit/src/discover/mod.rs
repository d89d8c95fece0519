//! From source files to models, tables and SQL types, without a compiler.
//!
//! `files` follows `mod` lines from a target's root, `parse` reads a file,
//! `collect` and `keep` take what concerns us of it, and `scope` finds what a path means.

mod attributes;
mod collect;
mod contexts;
mod files;
mod imports;
mod keep;
mod parse;
mod scope;
mod table_macro;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;

use diesel_audit_model::PgType;
use diesel_audit_parse::Model;

pub(crate) use contexts::{ContextId, FoundContext};
pub(crate) use scope::{Found, diesel_sql_type};
pub(crate) use table_macro::Table;

use crate::fault::{Fault, Place, shown};

/// What all the sources say. Everything refers to everything else by its
/// place in a list.
#[derive(Default)]
pub(crate) struct Sources {
    modules: Vec<Module>,
    tables: Vec<Table>,
    types: Vec<SqlType>,
    aliases: Vec<Alias>,
    contexts: Vec<FoundContext>,
    pub(crate) models: Vec<FoundModel>,
    /// The root modules of the libraries, by the names that others use.
    crates: HashMap<String, ModuleId>,
    /// What is certainly wrong, other than with one of the models.
    pub(crate) faults: Vec<Fault>,
    /// What could not be read, which matters only if something is not found.
    pub(crate) unreadable: Vec<Fault>,
    /// What is read, but may not be meant so.
    pub(crate) warnings: Vec<Fault>,
    /// Whether the program carries its migrations along.
    pub(crate) embeds_migrations: bool,
    /// The crates that come from a registry, other than Diesel and this one.
    foreign: BTreeSet<String>,
    /// Whether the models that are being read are another package's.
    names_only: bool,
    /// How a file is shown: relative to this.
    shown_from: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ModuleId(usize);
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TableId(usize);
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeId(usize);
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AliasId(usize);

/// A module, or a block with items of its own.
struct Module {
    /// The module around it.
    parent: Option<ModuleId>,
    /// Whether it is a block, which sees the names of its surroundings.
    is_block: bool,
    /// How the module is called from its crate's root on.
    path: String,
    names: OnceCell<Names>,
    /// The text of a file that has nothing of ours, until a path leads to it.
    unread: String,
}

/// The names that a module defines or imports.
#[derive(Default)]
struct Names {
    named: HashMap<String, Vec<Name>>,
    /// What is imported by `*`.
    globs: Vec<UsePath>,
}

enum Name {
    Item(Found),
    Import(UsePath),
}

/// A path as a `use` line or a model says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsePath {
    /// Whether it begins with `::`.
    pub(crate) absolute: bool,
    pub(crate) segments: Vec<String>,
}

/// A struct with `postgres_type(..)`.
struct SqlType {
    /// Nothing for an object identifier that PostgreSQL does not bring along.
    pg_type: Option<PgType>,
}

/// `type Name = ..;`
struct Alias {
    module: ModuleId,
    /// Nothing if it takes parameters.
    sql_type: Option<syn::Type>,
}

/// A struct with `#[derive(Audited)]`.
#[derive(Clone)]
pub(crate) struct FoundModel {
    pub(crate) model: Model,
    /// Where the struct stands.
    pub(crate) module: ModuleId,
    pub(crate) place: Place,
    /// Its path from the crate's root on.
    pub(crate) path: String,
    /// What is wrong with how it is declared.
    pub(crate) faults: Vec<Fault>,
}

impl Sources {
    /// No sources yet. Files will be shown relative to `shown_from`; `foreign`
    /// are crates whose macros are none of ours, whatever they are called.
    pub(crate) fn new(shown_from: PathBuf, foreign: BTreeSet<String>) -> Sources {
        Sources {
            shown_from,
            foreign,
            ..Sources::default()
        }
    }

    /// Reads a library for what others name in it; its models are its own.
    pub(crate) fn read_names(&mut self, root: &std::path::Path, library: Option<&str>) {
        self.names_only = true;
        self.read(root, library);
        self.names_only = false;
    }

    /// Reads a target: its root file and all the modules below. `library` is
    /// the name by which other crates know it, for a library.
    pub(crate) fn read(&mut self, root: &std::path::Path, library: Option<&str>) {
        if let Some(module) = files::read(self, root)
            && let Some(name) = library
        {
            self.crates.insert(name.to_owned(), module);
        }
    }

    pub(crate) fn table(&self, id: TableId) -> &Table {
        &self.tables[id.0]
    }

    /// The type that `postgres_type(..)` gives, if PostgreSQL has it.
    pub(crate) fn pg_type(&self, id: TypeId) -> Option<&PgType> {
        self.types[id.0].pg_type.as_ref()
    }

    /// The type that an alias stands for, and the module that it stands in.
    pub(crate) fn alias(&self, id: AliasId) -> (ModuleId, Option<&syn::Type>) {
        let alias = &self.aliases[id.0];
        (alias.module, alias.sql_type.as_ref())
    }

    fn add_module(&mut self, parent: Option<ModuleId>, name: &str, is_block: bool) -> ModuleId {
        let path = match parent.map(|parent| self.modules[parent.0].path.as_str()) {
            Some(path) if is_block => path.to_owned(),
            None | Some("") => name.to_owned(),
            Some(path) => format!("{path}::{name}"),
        };
        self.modules.push(Module {
            parent,
            is_block,
            path,
            names: OnceCell::new(),
            unread: String::new(),
        });
        ModuleId(self.modules.len() - 1)
    }

    fn shown(&self, file: &std::path::Path) -> Rc<str> {
        shown(file, &self.shown_from).into()
    }
}

impl Names {
    fn add(&mut self, name: String, what: Name) {
        self.named.entry(name).or_default().push(what);
    }
}
