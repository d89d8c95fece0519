//! What a derive can only assume and the compiler knows.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::sql_type::beside_struct;
use crate::check::Checked;

/// For each field, that `table!` gives its column the SQL type and the name in
/// PostgreSQL that the audit table has it under. The errors are at the field.
pub(super) fn expand(checked: &Checked) -> TokenStream {
    let model = &checked.model;
    let table = &model.table;
    let assertions = model.fields.iter().map(|field| {
        let column = &field.column;
        let sql_name = &field.sql_name;
        let sql_type = beside_struct(&field.sql_type);
        let message = format!(
            "the column `{}` has another name in PostgreSQL than `{sql_name}`: \
             write it as `#[audit(sql_name = \"..\")]` on the field, as `table!` has it",
            field.column.unraw()
        );
        let span = field.ident.span();
        let column = at(span, quote!(#table::#column));
        let sql_type = at(span, quote!(#sql_type));
        let same_type = quote_spanned! {span=>
            ::diesel_audit::private::recorded_as::<#column, #sql_type>
        };
        let same_name = quote_spanned! {span=>
            ::core::assert!(
                ::diesel_audit::private::same_name(
                    <#column as ::diesel::Column>::NAME,
                    #sql_name,
                ),
                #message
            )
        };
        quote! {
            const _: fn() = #same_type;
            const _: () = #same_name;
        }
    });
    quote!(#(#assertions)*)
}

/// The tokens as if they stood at the field: a path is underlined from its
/// first token to its last, and these come from all over the struct.
fn at(span: Span, tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                token = Group::new(group.delimiter(), at(span, group.stream())).into();
            }
            token.set_span(span.resolved_at(token.span()));
            token
        })
        .collect()
}
