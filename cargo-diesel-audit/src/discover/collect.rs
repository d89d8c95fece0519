//! A walk through one file, past everything that may concern us. What `keep`
//! makes of it goes into the sources.

use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Block, Item, Stmt};

use diesel_audit_parse as parse;

use super::files::Folder;
use super::imports::import;
use super::{
    Alias, AliasId, Found, ModuleId, Name, Names, Sources, SqlType, TypeId, attributes, files,
};
use crate::fault::Fault;

/// A file without any of these has no model, context, table or SQL type. It is parsed
/// for its modules, if it has some, and for its imports, if a path leads there.
const OURS: [&str; 9] = [
    "Audited",
    "AuditContext",
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

pub(super) struct Collector<'a> {
    pub(super) sources: &'a mut Sources,
    pub(super) module: ModuleId,
    pub(super) folder: &'a Folder,
    pub(super) names: Names,
    pub(super) with_bodies: bool,
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
        self.context(item);
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

pub(super) fn as_use(item: &Item) -> Option<&syn::ItemUse> {
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
