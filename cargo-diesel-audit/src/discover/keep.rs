//! What the walk through a file keeps: models and tables.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{DeriveInput, Path};

use diesel_audit_parse as parse;

use super::collect::{Collector, as_use};
use super::imports::import;
use super::{Found, FoundModel, Name, Names, TableId, UsePath, attributes, files, table_macro};
use crate::fault::{Fault, Place};

impl Collector<'_> {
    pub(super) fn model(&mut self, attrs: &[syn::Attribute], input: impl FnOnce() -> DeriveInput) {
        if self.sources.names_only {
            return;
        }
        let mut faults = Vec::new();
        let conditional = attributes::conditional_derives(attrs);
        if let Some(derive) = conditional.iter().find(|path| self.is_audited(path)) {
            let fault = Fault::new("`Audited` is derived under a condition only")
                .at(&Place::of(&self.folder.shown, span_of(derive)))
                .help(
                    "write `#[derive(Audited)]` without `cfg_attr`: the migrations of a table \
                     are the same in every build",
                );
            faults.push(fault);
        }
        if !attributes::derives(attrs)
            .iter()
            .any(|path| self.is_audited(path))
        {
            self.sources.faults.extend(faults);
            return;
        }
        let input = input();
        faults.extend(self.conditions(&input));
        match parse::model(&input) {
            Ok(model) => {
                let name = input.ident.unraw().to_string();
                let path = match self.sources.modules[self.module.0].path.as_str() {
                    "" => name,
                    module => format!("{module}::{name}"),
                };
                self.sources.models.push(FoundModel {
                    model,
                    module: self.module,
                    place: self.place(&input.ident),
                    path,
                    faults,
                });
            }
            Err(error) => {
                faults.extend(Fault::of_syn(&self.folder.shown, error));
                self.sources.faults.extend(faults);
            }
        }
    }

    /// Which of them hold is not in the sources, and neither is what is recorded.
    pub(super) fn conditions(&self, input: &DeriveInput) -> Vec<Fault> {
        let fields = match &input.data {
            syn::Data::Struct(data) => Some(&data.fields),
            _ => None,
        };
        let of_fields = fields.into_iter().flatten().map(|field| &field.attrs);
        let words = std::iter::once(&input.attrs)
            .chain(of_fields)
            .filter_map(|attrs| attributes::conditional_word(attrs));
        let fault = |word| {
            Fault::new("what is recorded depends on a condition")
                .at(&Place::of(&self.folder.shown, word))
                .help("write `#[audit(..)]` and `#[diesel(..)]` without `cfg_attr`")
        };
        words.map(fault).collect()
    }

    /// A file's items among those of the module.
    pub(super) fn include(&mut self, path: &str) {
        let Some((folder, text)) = files::included(self.sources, self.folder, path) else {
            return;
        };
        match super::parse::file(&text) {
            Ok(file) => {
                for line in file.items.iter().filter_map(as_use) {
                    import(&mut self.names, line);
                }
                let mut inner = Collector {
                    sources: self.sources,
                    module: self.module,
                    folder: &folder,
                    names: std::mem::take(&mut self.names),
                    with_bodies: true,
                };
                inner.visit_file(&file);
                self.names = inner.names;
            }
            // It may be an expression.
            Err(error) => {
                let fault = Fault::no_rust(&folder.shown, &error);
                self.sources.unreadable.push(fault);
            }
        }
    }

    pub(super) fn table(&mut self, tokens: &TokenStream) {
        let declaration = match table_macro::parse(tokens.clone()) {
            Ok(declaration) => declaration,
            Err(error) => {
                // Diesel says so too, and the table may be nobody's model.
                let faults = Fault::of_syn(&self.folder.shown, error);
                self.sources.unreadable.extend(faults);
                return;
            }
        };
        let name = declaration.ident.unraw().to_string();
        let module = self.sources.add_module(Some(self.module), &name, false);
        let mut names = Names::default();
        for line in &declaration.uses {
            import(&mut names, line);
        }
        if declaration.uses.is_empty() {
            names.globs.push(UsePath {
                absolute: true,
                segments: vec!["diesel".to_owned(), "sql_types".to_owned()],
            });
        }
        let _ = self.sources.modules[module.0].names.set(names);
        let table = declaration.into_table(module, &self.folder.shown);
        self.sources.tables.push(table);
        let id = TableId(self.sources.tables.len() - 1);
        self.names.add(name, Name::Item(Found::Table(id)));
    }

    pub(super) fn is_table(&self, path: &Path) -> bool {
        self.means(path, "table")
    }

    fn is_audited(&self, path: &Path) -> bool {
        self.means(path, "Audited")
    }

    pub(super) fn is_context(&self, path: &Path) -> bool {
        self.means(path, "AuditContext")
    }

    /// Whether a macro's path is that of `name`. It may come from any prelude of
    /// the user's, but not from a crate that has a macro of that name itself.
    fn means(&self, path: &Path, name: &str) -> bool {
        let is_it = |segments: &[String]| {
            let (first, last) = (segments.first(), segments.last());
            last.is_some_and(|last| last == name)
                && !first.is_some_and(|first| self.sources.foreign.contains(first))
        };
        let segments: Vec<String> = segments(path);
        let [only] = segments.as_slice() else {
            return is_it(&segments);
        };
        let imported = self.names.named.get(only).into_iter().flatten();
        let mut imported = imported
            .filter_map(|what| match what {
                Name::Import(path) if path.segments.len() > 1 => Some(path),
                _ => None,
            })
            .peekable();
        if imported.peek().is_none() {
            // By a `*`, or by `#[macro_use]`.
            return only == name;
        }
        imported.any(|path| is_it(&path.segments))
    }

    /// A macro that makes models is beyond us, and a model that is left out
    /// should not go unseen.
    pub(super) fn warn_of_derives(&mut self, tokens: TokenStream) {
        if !self.sources.names_only
            && let Some(place) = attributes::derives_audited(tokens)
        {
            let fault = Fault::new("a model that a macro makes is not read")
                .at(&Place::of(&self.folder.shown, place))
                .help("write the struct with `#[derive(Audited)]` outside of the macro");
            self.sources.warnings.push(fault);
        }
    }

    pub(super) fn place(&self, ident: &syn::Ident) -> Place {
        Place::of(&self.folder.shown, ident.span())
    }
}

pub(super) fn segments(path: &Path) -> Vec<String> {
    let segments = path.segments.iter();
    segments.map(|s| s.ident.unraw().to_string()).collect()
}

fn span_of(path: &Path) -> proc_macro2::Span {
    path.segments
        .last()
        .map_or_else(proc_macro2::Span::call_site, |last| last.ident.span())
}
