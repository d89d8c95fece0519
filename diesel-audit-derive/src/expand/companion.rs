//! The struct for a row of the audit table.

use std::collections::HashSet;

use diesel_audit_model::names::AUDIT_COLUMNS;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::own_columns::{OwnColumn, fact_columns, own_columns};
use super::table::setting_column;
use super::{Target, recorded, sql_type};
use crate::check::Checked;

pub(super) fn expand(checked: &Checked, target: &Target) -> TokenStream {
    let model = &checked.model;
    let (vis, module, row) = (&model.vis, &target.module, &target.row);
    let doc = format!(
        " A row of the audit table of [`{}`]: one change.",
        model.ident
    );
    let fields = fields(checked, target);
    let declared = fields.iter().map(|field| &field.declaration);
    let traits = traits(row, &fields);
    quote! {
        #[doc = #doc]
        #[derive(::diesel::Queryable, ::diesel::Selectable, ::diesel::Identifiable)]
        #[diesel(table_name = #module, primary_key(audit_id), check_for_backend(::diesel::pg::Pg))]
        #[allow(dead_code, unreachable_pub, clippy::type_complexity)]
        #vis struct #row {
            #(#declared)*
        }

        #traits
    }
}

struct RowField {
    ident: Ident,
    rust_type: TokenStream,
    declaration: TokenStream,
}

fn fields(checked: &Checked, target: &Target) -> Vec<RowField> {
    let model = &checked.model;
    let vis = &model.vis;
    let own = own_columns().into_iter().chain(fact_columns(model)).map(
        |OwnColumn {
             name,
             rust_type,
             doc,
             ..
         }| RowField {
            declaration: quote!(#[doc = #doc] #vis #name: #rust_type,),
            ident: name,
            rust_type,
        },
    );
    let settings = model.settings.iter().map(|setting| {
        let ident = setting_column(&setting.name);
        let sql_type = sql_type::beside_struct(&setting.sql_type);
        let rust_type = quote_spanned! {setting.name.span()=>
            ::core::option::Option<<#sql_type as ::diesel_audit::SettingType>::Rust>
        };
        let doc = format!(
            " The session setting `{}` at the time of the change.",
            setting.name
        );
        RowField {
            declaration: quote!(#[doc = #doc] #vis #ident: #rust_type,),
            ident,
            rust_type,
        }
    });
    let columns = model.fields.iter().map(|field| {
        let (vis, ident) = (&field.vis, &field.ident);
        let rust_type = recorded::rust_type(field);
        let doc = recorded::doc(field);
        let read_from = recorded::read_from(field, &target.module);
        RowField {
            declaration: quote!(#[doc = #doc] #read_from #vis #ident: #rust_type,),
            ident: ident.clone(),
            rust_type,
        }
    });
    own.chain(settings).chain(columns).collect()
}

/// Traits that the row has where all of its fields have them.
///
/// A bound that names no parameter is refused when it does not hold, unless it
/// is for all of some lifetime: then the impl is only not there.
fn traits(row: &Ident, fields: &[RowField]) -> TokenStream {
    let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
    let mut seen = HashSet::new();
    // The columns of every audit table have all of these traits.
    let types: Vec<&TokenStream> = fields
        .iter()
        .skip(AUDIT_COLUMNS.len())
        .map(|field| &field.rust_type)
        .filter(|rust_type| seen.insert(rust_type.to_token_stream().to_string()))
        .collect();
    let name = row.to_string();
    let shown = idents.iter().map(|ident| {
        let name = ident.to_string();
        let name = name.trim_start_matches("r#");
        quote!(.field(#name, &self.#ident))
    });
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Debug for #row
        where
            #(for<'__audit> #types: ::core::fmt::Debug,)*
        {
            fn fmt(&self, __audit_f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __audit_f.debug_struct(#name) #(#shown)* .finish()
            }
        }

        #[automatically_derived]
        impl ::core::clone::Clone for #row
        where
            #(for<'__audit> #types: ::core::clone::Clone,)*
        {
            fn clone(&self) -> Self {
                Self {
                    #(#idents: ::core::clone::Clone::clone(&self.#idents),)*
                }
            }
        }

        #[automatically_derived]
        impl ::core::cmp::PartialEq for #row
        where
            #(for<'__audit> #types: ::core::cmp::PartialEq,)*
        {
            fn eq(&self, __audit_other: &Self) -> ::core::primitive::bool {
                #(self.#idents == __audit_other.#idents)&&*
            }
        }
    }
}
