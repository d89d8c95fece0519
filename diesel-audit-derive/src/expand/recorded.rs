//! What the audit table has for a field, and what the companion reads of it.

use diesel_audit_model::Recording;
use diesel_audit_model::names;
use diesel_audit_parse::Field;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::sql_type::nullable;

/// A column of the audit table.
pub(super) struct StoredColumn {
    /// Its name in `table!`.
    pub(super) name: Ident,
    /// Its name in PostgreSQL.
    pub(super) sql_name: String,
    pub(super) sql_type: TokenStream,
    pub(super) doc: String,
}

/// The columns for a field; `sql_type` is its type as `table!` names it.
pub(super) fn columns(field: &Field, sql_type: &syn::Type) -> Vec<StoredColumn> {
    let value = || StoredColumn {
        name: field.column.clone(),
        sql_name: field.sql_name.clone(),
        sql_type: nullable(sql_type),
        doc: format!(" The column `{}` of the changed row.", field.sql_name),
    };
    let changed = || StoredColumn {
        name: changed_column(field),
        sql_name: names::changed_column(&field.sql_name),
        sql_type: nullable(&quote!(::diesel::sql_types::Bool)),
        doc: format!(
            " Whether the change touched the column `{}`.",
            field.sql_name
        ),
    };
    let hash = || StoredColumn {
        name: hash_column(field),
        sql_name: names::hash_column(&field.sql_name),
        sql_type: nullable(&quote!(::diesel::sql_types::Binary)),
        doc: format!(
            " The keyed digest of the column `{}` of the changed row.",
            field.sql_name
        ),
    };
    match field.recording.recording {
        Recording::Excluded => Vec::new(),
        Recording::Value => vec![value()],
        Recording::Redact => vec![changed()],
        Recording::Hash => vec![hash()],
        Recording::OnChange => vec![value(), changed()],
    }
}

/// The type of the companion's field.
pub(super) fn rust_type(field: &Field) -> TokenStream {
    let (span, row_type) = (field.ident.span(), &field.row_type);
    match field.recording.recording {
        Recording::Excluded | Recording::Value => {
            quote_spanned!(span=> ::core::option::Option<#row_type>)
        }
        Recording::Redact => {
            quote_spanned!(span=> ::core::option::Option<::diesel_audit::Redacted>)
        }
        Recording::Hash => quote_spanned!(span=> ::core::option::Option<::diesel_audit::Digest>),
        Recording::OnChange => quote_spanned!(span=> ::diesel_audit::OnChange<#row_type>),
    }
}

/// What Diesel reads the companion's field from, where that is not the column
/// of its name in the `module` of the audit table.
pub(super) fn read_from(field: &Field, module: &Ident) -> Option<TokenStream> {
    let column = &field.column;
    let column_name = |column: &Ident| quote!(#[diesel(column_name = #column)]);
    match field.recording.recording {
        Recording::Excluded | Recording::Value => {
            (*column != field.ident).then(|| column_name(column))
        }
        Recording::Redact => Some(column_name(&changed_column(field))),
        Recording::Hash => Some(column_name(&hash_column(field))),
        Recording::OnChange => {
            let changed = changed_column(field);
            let both = quote!((#module::#column, #module::#changed));
            Some(quote! {
                #[diesel(select_expression = #both, select_expression_type = #both)]
            })
        }
    }
}

/// What the companion's field is.
pub(super) fn doc(field: &Field) -> String {
    let column = &field.sql_name;
    match field.recording.recording {
        Recording::Excluded | Recording::Value => format!(
            " The column `{column}` of the changed row; `None` also when the change has no row, as a truncate."
        ),
        Recording::Redact => format!(
            " Whether the change touched the column `{column}`, whose values are not recorded; `None` when the change has no row, as a truncate."
        ),
        Recording::Hash => format!(
            " The keyed digest of the column `{column}` of the changed row; `None` for NULL, and when the change has no row, as a truncate."
        ),
        Recording::OnChange => format!(
            " The column `{column}` of the changed row, or that the change left it as it was."
        ),
    }
}

fn changed_column(field: &Field) -> Ident {
    format_ident!(
        "audit_changed_{}",
        field.column.unraw(),
        span = field.column.span()
    )
}

fn hash_column(field: &Field) -> Ident {
    format_ident!(
        "audit_hash_{}",
        field.column.unraw(),
        span = field.column.span()
    )
}
