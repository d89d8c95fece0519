//! The structs with `#[derive(AuditContext)]`, whose session settings models
//! take.

use diesel_audit_parse::{self as parse, Setting};
use syn::DeriveInput;
use syn::ext::IdentExt;

use super::collect::Collector;
use super::{Found, ModuleId, Name, Sources, attributes};
use crate::fault::{Fault, Place};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContextId(usize);

/// A context as its struct declares it.
pub(crate) struct FoundContext {
    pub(crate) name: String,
    pub(crate) settings: Vec<Setting>,
    /// Where the struct stands.
    pub(crate) module: ModuleId,
    pub(crate) place: Place,
    /// Whether it is of the package that is read, and not of one that this needs.
    pub(crate) own: bool,
    /// What is wrong with it, for the models that take its settings.
    pub(crate) faults: Vec<Fault>,
}

impl Sources {
    pub(crate) fn context(&self, id: ContextId) -> &FoundContext {
        &self.contexts[id.0]
    }

    /// Those of the package itself.
    pub(crate) fn own_contexts(&self) -> impl Iterator<Item = &FoundContext> {
        self.contexts.iter().filter(|context| context.own)
    }
}

impl Collector<'_> {
    pub(super) fn context(&mut self, item: &syn::ItemStruct) {
        let mut faults = Vec::new();
        let conditional = attributes::conditional_derives(&item.attrs);
        let derives = attributes::derives(&item.attrs);
        if conditional.iter().any(|path| self.is_context(path)) {
            let fault = Fault::new("`AuditContext` is derived under a condition only")
                .at(&self.place(&item.ident))
                .help("write `#[derive(AuditContext)]` without `cfg_attr`");
            faults.push(fault);
        } else if !derives.iter().any(|path| self.is_context(path)) {
            return;
        }
        let input = DeriveInput::from(item.clone());
        faults.extend(self.conditions(&input));
        faults.extend(self.conditional_fields(item));
        let context = parse::context(&input);
        if let Some(error) = context.error {
            faults.extend(Fault::of_syn(&self.folder.shown, error));
        }
        let name = item.ident.unraw().to_string();
        self.sources.contexts.push(FoundContext {
            name: name.clone(),
            settings: context.settings,
            module: self.module,
            place: self.place(&item.ident),
            own: !self.sources.names_only,
            faults,
        });
        let id = ContextId(self.sources.contexts.len() - 1);
        self.names.add(name, Name::Item(Found::Context(id)));
    }

    /// A field that may be missing is a setting that may be.
    fn conditional_fields(&self, item: &syn::ItemStruct) -> Vec<Fault> {
        let conditions = item.fields.iter().filter_map(|field| {
            field
                .attrs
                .iter()
                .find(|attribute| attribute.path().is_ident("cfg"))
        });
        let fault = |condition: &syn::Attribute| {
            let word = condition.path().get_ident()?;
            let fault = Fault::new("a session setting depends on a condition")
                .at(&self.place(word))
                .help("write the field without `cfg`");
            Some(fault)
        };
        conditions.filter_map(fault).collect()
    }
}
