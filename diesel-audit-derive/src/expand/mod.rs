//! The code for a model.

mod assertions;
mod audited;
mod companion;
mod context_type;
mod history;
mod own_columns;
mod recorded;
mod sql_type;
mod table;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

pub(crate) use self::context_type::take;
use crate::check::Checked;
use crate::manifest::Manifest;

/// Everything that is generated, each item in a file of its own.
pub(crate) fn expand(checked: &Checked, manifest: &Manifest) -> TokenStream {
    let target = Target::of(checked);
    let types = sql_type::TypeNames::of(checked);
    let aliases = types.aliases();
    let table = table::expand(checked, &target, &types);
    let companion = companion::expand(checked, &target);
    let assertions = assertions::expand(checked);
    let context_type = context_type::check(checked);
    let audited = audited::expand(checked, &target);
    let history = history::expand(checked, &target);
    let rebuild = rebuild_with_manifest(manifest);
    quote! {
        #aliases
        #table
        #companion
        #assertions
        #context_type
        #audited
        #history
        #rebuild
    }
}

/// The names of what is generated.
struct Target {
    /// The module of the audit table.
    module: Ident,
    /// The struct for its rows.
    row: Ident,
}

impl Target {
    fn of(checked: &Checked) -> Target {
        let model = &checked.model;
        let table = model.table.segments.last().map(|last| last.ident.unraw());
        Target {
            module: match table {
                Some(table) => format_ident!("{table}_audit", span = Span::call_site()),
                None => format_ident!("audit"),
            },
            row: format_ident!("{}Audit", model.ident.unraw(), span = Span::call_site()),
        }
    }
}

/// Cargo does not run a derive again because Cargo.toml has changed, unless
/// the code includes it.
fn rebuild_with_manifest(manifest: &Manifest) -> Option<TokenStream> {
    manifest.0.is_some().then(|| {
        quote! {
            const _: &[::core::primitive::u8] = ::core::include_bytes!(
                ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")
            );
        }
    })
}
