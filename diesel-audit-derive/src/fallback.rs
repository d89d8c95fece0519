//! What stands in for the expansion of a model with errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

/// The errors, and an implementation for everything that only needs the model
/// to be audited: so one mistake gives one message.
pub(crate) fn expand(input: &DeriveInput, error: &syn::Error) -> TokenStream {
    let errors = error.to_compile_error();
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #errors

        #[automatically_derived]
        impl #impl_generics ::diesel_audit::Audited for #ident #ty_generics #where_clause {
            type Audit = Self;

            fn audited_table() -> ::core::result::Result<
                ::diesel_audit::AuditedTable,
                ::diesel_audit::Problems,
            > {
                ::core::result::Result::Err(::diesel_audit::Problems(::std::vec::Vec::new()))
            }
        }
    }
}
