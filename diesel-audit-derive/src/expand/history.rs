//! The history of one row as a query.

use diesel_audit_parse::Field;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Type;
use syn::ext::IdentExt;

use super::Target;
use crate::check::Checked;

/// A function that takes the primary key as Diesel's `find` does. Without a
/// field for each of the key's columns there is none.
pub(super) fn expand(checked: &Checked, target: &Target) -> Option<TokenStream> {
    let model = &checked.model;
    let (ident, vis, module, row) = (&model.ident, &model.vis, &target.module, &target.row);
    let key: Vec<&Field> = model
        .primary_key
        .iter()
        .map(|column| {
            model
                .fields
                .iter()
                .find(|field| field.column.unraw() == column.unraw())
        })
        .collect::<Option<_>>()?;
    if key.is_empty() {
        return None;
    }
    let columns: Vec<_> = key.iter().map(|field| &field.column).collect();
    let names: Vec<_> = (0..key.len())
        .map(|n| format_ident!("__audit_key_{n}"))
        .collect();
    let types = key.iter().map(|field| parameter(&field.row_type));
    let values = key
        .iter()
        .zip(&names)
        .map(|(field, name)| value(&field.row_type, name));
    let parameter = match key.len() {
        1 => quote!(#(#names: #types)*),
        _ => quote!((#(#names),*): (#(#types),*)),
    };
    let doc = format!(
        " The history of the [`{}`] with this key: a query for its [`{row}`] rows, oldest first.\n\n \
         The key is {}. It is a boxed query, so conditions and limits can be added to it, and\n \
         nothing is read before `load` or another method of `RunQueryDsl`.",
        ident.unraw(),
        described(&key)
    );
    Some(quote! {
        #[automatically_derived]
        impl #ident {
            #[doc = #doc]
            #[allow(dead_code, unreachable_pub)]
            #vis fn history<'__audit>(#parameter) -> #module::BoxedQuery<
                '__audit,
                ::diesel::pg::Pg,
                ::diesel::dsl::SqlTypeOf<::diesel::dsl::AsSelect<#row, ::diesel::pg::Pg>>,
            > {
                let __audit_query = ::diesel::QueryDsl::into_boxed(
                    ::diesel::QueryDsl::select(
                        #module::table,
                        <#row as ::diesel::SelectableHelper<::diesel::pg::Pg>>::as_select(),
                    ),
                );
                #(
                    let __audit_query = ::diesel::QueryDsl::filter(
                        __audit_query,
                        ::diesel::ExpressionMethods::eq(#module::#columns, #values),
                    );
                )*
                ::diesel::QueryDsl::order(__audit_query, #module::audit_id)
            }
        }
    })
}

/// The type of a parameter: text may be borrowed, everything else is as the
/// field has it. Numbers are not made generic, so that a literal stays one.
fn parameter(row_type: &Type) -> TokenStream {
    if is_string(row_type) {
        quote!(impl ::core::convert::Into<#row_type>)
    } else {
        row_type.to_token_stream()
    }
}

fn value(row_type: &Type, name: &Ident) -> TokenStream {
    if is_string(row_type) {
        quote!(::core::convert::Into::<#row_type>::into(#name))
    } else {
        name.to_token_stream()
    }
}

fn is_string(row_type: &Type) -> bool {
    match row_type {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "String"),
        _ => false,
    }
}

fn described(key: &[&Field]) -> String {
    let columns: Vec<String> = key
        .iter()
        .map(|field| format!("`{}`", field.sql_name))
        .collect();
    match &columns[..] {
        [only] => only.clone(),
        _ => format!("the tuple of {}", columns.join(", ")),
    }
}
