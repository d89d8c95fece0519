//! What concerns us of one file: models, tables, SQL types, and the names that
//! lead to them.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Block, DeriveInput, Item, Path, Stmt};

use diesel_audit_model::parse;

use super::files::Folder;
use super::imports::import;
use super::{
    Alias, AliasId, Found, FoundModel, ModuleId, Name, Names, Sources, SqlType, TableId, TypeId,
    UsePath, attributes, files, table_macro,
};
use crate::fault::{Fault, Place};

/// A file without any of these has no model, table or SQL type. It is parsed
/// for its modules, if it has some, and for its imports, if a path leads there.
const OURS: [&str; 8] = [
    "Audited",
    "table!",
    "table !",
    "table as",
    "postgres_type",
    "sql_types",
    "embed_migrations",
    "diesel_audit",
];

/// Reads the text of a module's file.
pub(super) fn file(sources: &mut Sources, module: ModuleId, text: String, folder: &Folder) {
    let concerns_us = OURS.iter().any(|ours| text.contains(ours));
    if !concerns_us && !text.contains("mod ") {
        sources.modules[module.0].unread = text;
        return;
    }
    sources.embeds_migrations |= !sources.names_only && text.contains("embed_migrations!");
    match super::parse::file(&text) {
        Ok(parsed) if attributes::is_for_tests(&parsed.attrs) => {}
        Ok(parsed) => {
            let items: Vec<&Item> = parsed.items.iter().collect();
            self::items(sources, module, folder, &items, concerns_us);
        }
        Err(error) => {
            let fault = Fault::no_rust(&folder.shown, &error);
            match sources.names_only {
                true => sources.unreadable.push(fault),
                false => sources.faults.push(fault),
            }
        }
    }
}

fn items(
    sources: &mut Sources,
    module: ModuleId,
    folder: &Folder,
    items: &[&Item],
    with_bodies: bool,
) {
    let mut collector = Collector {
        sources,
        module,
        folder,
        names: Names::default(),
        with_bodies,
    };
    // A derive or a macro may stand in front of the line that names it.
    for line in items.iter().copied().filter_map(as_use) {
        import(&mut collector.names, line);
    }
    for item in items {
        collector.visit_item(item);
    }
    let names = collector.names;
    // Only one file is a module's.
    let _ = sources.modules[module.0].names.set(names);
}

struct Collector<'a> {
    sources: &'a mut Sources,
    module: ModuleId,
    folder: &'a Folder,
    names: Names,
    with_bodies: bool,
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes::is_for_tests(attributes_of(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = item.ident.unraw().to_string();
        let path = attributes::text(&item.attrs, "path");
        let module = self.sources.add_module(Some(self.module), &name, false);
        match &item.content {
            Some((_, content)) => {
                let folder = self.folder.inline(&name, path.as_deref());
                let content: Vec<&Item> = content.iter().collect();
                items(self.sources, module, &folder, &content, self.with_bodies);
            }
            None => {
                let place = self.place(&item.ident);
                let folder = self.folder;
                files::child(self.sources, module, folder, &name, path.as_deref(), &place);
            }
        }
        self.names.add(name, Name::Item(Found::Module(module)));
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        if let Some(pg_type) = parse::postgres_type(&item.attrs) {
            self.sources.types.push(SqlType { pg_type });
            let id = TypeId(self.sources.types.len() - 1);
            let name = item.ident.unraw().to_string();
            self.names.add(name, Name::Item(Found::Type(id)));
        }
        self.model(&item.attrs, || item.clone().into());
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.model(&item.attrs, || item.clone().into());
    }

    fn visit_item_union(&mut self, item: &'ast syn::ItemUnion) {
        self.model(&item.attrs, || item.clone().into());
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        let sql_type = item.generics.params.is_empty().then(|| (*item.ty).clone());
        self.sources.aliases.push(Alias {
            module: self.module,
            sql_type,
        });
        let id = AliasId(self.sources.aliases.len() - 1);
        let name = item.ident.unraw().to_string();
        self.names.add(name, Name::Item(Found::Alias(id)));
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.ident.is_some() {
            self.warn_of_derives(item.mac.tokens.clone());
        } else {
            visit::visit_item_macro(self, item);
        }
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        if self.is_table(&item.path) {
            self.table(&item.tokens);
        } else if item.path.is_ident("include")
            && let Ok(path) = item.parse_body::<syn::LitStr>()
        {
            self.include(&path.value());
        } else {
            self.warn_of_derives(item.tokens.clone());
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        if !self.with_bodies {
            return;
        }
        let content: Vec<&Item> = block.stmts.iter().filter_map(item_of).collect();
        let has_table = block.stmts.iter().any(|statement| {
            matches!(statement, Stmt::Macro(statement) if self.is_table(&statement.mac.path))
        });
        if content.is_empty() && !has_table {
            visit::visit_block(self, block);
            return;
        }
        let module = self.sources.add_module(Some(self.module), "", true);
        let mut inner = Collector {
            sources: self.sources,
            module,
            folder: self.folder,
            names: Names::default(),
            with_bodies: true,
        };
        for line in content.into_iter().filter_map(as_use) {
            import(&mut inner.names, line);
        }
        visit::visit_block(&mut inner, block);
        let names = inner.names;
        let _ = self.sources.modules[module.0].names.set(names);
    }
}

impl Collector<'_> {
    fn model(&mut self, attrs: &[syn::Attribute], input: impl FnOnce() -> DeriveInput) {
        if self.sources.names_only {
            return;
        }
        let conditional = attributes::conditional_derives(attrs);
        if let Some(derive) = conditional.iter().find(|path| self.is_audited(path)) {
            let fault = Fault::new("`Audited` is derived under a condition only")
                .at(&Place::of(&self.folder.shown, span_of(derive)))
                .help(
                    "write `#[derive(Audited)]` without `cfg_attr`: the migrations of a table \
                     are the same in every build",
                );
            self.sources.faults.push(fault);
        }
        if !attributes::derives(attrs)
            .iter()
            .any(|path| self.is_audited(path))
        {
            return;
        }
        let input = input();
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
                });
            }
            Err(error) => {
                let faults = Fault::of_syn(&self.folder.shown, error);
                self.sources.faults.extend(faults);
            }
        }
    }

    /// A file's items among those of the module.
    fn include(&mut self, path: &str) {
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

    fn table(&mut self, tokens: &TokenStream) {
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

    fn is_table(&self, path: &Path) -> bool {
        self.means(path, "diesel", "table")
    }

    fn is_audited(&self, path: &Path) -> bool {
        self.means(path, "diesel_audit", "Audited")
    }

    /// Whether a macro's path is that of `name`. Where it may come from is
    /// left open: both are re-exported by many a prelude.
    fn means(&self, path: &Path, krate: &str, name: &str) -> bool {
        let segments: Vec<String> = segments(path);
        let [only] = segments.as_slice() else {
            return segments.last().is_some_and(|last| last == name);
        };
        let imported = self.names.named.get(only).into_iter().flatten();
        let mut imported = imported
            .filter_map(|what| match what {
                Name::Import(path) if path.segments.len() > 1 => Some(path),
                _ => None,
            })
            .peekable();
        if imported.peek().is_none() {
            return only == name;
        }
        const INNER: [&str; 3] = ["crate", "self", "super"];
        imported.any(|path| {
            let (first, last) = (path.segments.first(), path.segments.last());
            last.is_some_and(|last| last == name)
                && first.is_some_and(|first| first == krate || INNER.contains(&first.as_str()))
        })
    }

    /// A macro that makes models is beyond us, and a model that is left out
    /// should not go unseen.
    fn warn_of_derives(&mut self, tokens: TokenStream) {
        if !self.sources.names_only
            && let Some(place) = attributes::derives_audited(tokens)
        {
            let fault = Fault::new("a model that a macro makes is not read")
                .at(&Place::of(&self.folder.shown, place))
                .help("write the struct with `#[derive(Audited)]` outside of the macro");
            self.sources.warnings.push(fault);
        }
    }

    fn place(&self, ident: &syn::Ident) -> Place {
        Place::of(&self.folder.shown, ident.span())
    }
}

fn as_use(item: &Item) -> Option<&syn::ItemUse> {
    match item {
        Item::Use(line) => Some(line),
        _ => None,
    }
}

fn item_of(statement: &Stmt) -> Option<&Item> {
    match statement {
        Stmt::Item(item) => Some(item),
        _ => None,
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

fn attributes_of(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
