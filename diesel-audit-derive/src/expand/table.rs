//! The audit table in Diesel's `table!`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::Target;
use super::own_columns::{OwnColumn, fact_columns, own_columns};
use super::recorded;
use super::sql_type::{TypeNames, nullable};
use crate::check::Checked;

pub(super) fn expand(checked: &Checked, target: &Target, types: &TypeNames) -> TokenStream {
    let model = &checked.model;
    let imports = types.imports();
    let module = &target.module;
    let schema = Ident::new(&checked.names.schema, Span::call_site());
    let sql_name = sql_name(module, &checked.names.table);
    let doc = format!(
        " The audit table of `{}`: a row for each change, with the context it was made in.",
        model.source.name
    );
    let own = own_columns().into_iter().chain(fact_columns(model)).map(
        |OwnColumn {
             name,
             sql_type,
             doc,
             ..
         }| {
            quote! {
                #[doc = #doc]
                #name -> #sql_type,
            }
        },
    );
    let settings = model
        .settings
        .iter()
        .zip(types.settings())
        .map(|(setting, sql_type)| {
            let column = setting_column(&setting.name);
            let doc = format!(
                " The session setting `{}` at the time of the change.",
                setting.name
            );
            let sql_type = nullable(sql_type);
            quote! {
                #[doc = #doc]
                #column -> #sql_type,
            }
        });
    let fields = model
        .fields
        .iter()
        .zip(types.fields())
        .flat_map(|(field, sql_type)| recorded::columns(field, sql_type))
        .map(|stored| {
            let column = &stored.name;
            let sql_name = self::sql_name(column, &stored.sql_name);
            let (doc, sql_type) = (&stored.doc, &stored.sql_type);
            quote! {
                #[doc = #doc]
                #sql_name
                #column -> #sql_type,
            }
        });
    quote! {
        ::diesel::table! {
            #imports
            #[doc = #doc]
            #sql_name
            #schema.#module (audit_id) {
                #(#own)*
                #(#settings)*
                #(#fields)*
            }
        }
    }
}

/// What `table!` needs to hear where the name in PostgreSQL is another.
fn sql_name(ident: &Ident, sql_name: &str) -> Option<TokenStream> {
    (ident.unraw() != sql_name).then(|| quote!(#[sql_name = #sql_name]))
}

/// The column of a session setting.
pub(super) fn setting_column(setting: &Ident) -> Ident {
    format_ident!("audit_{}", setting.unraw(), span = setting.span())
}
