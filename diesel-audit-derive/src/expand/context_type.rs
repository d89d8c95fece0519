//! `#[audit(context_type = path)]`.

use diesel_audit_parse::Setting;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Path, PathArguments};

use super::sql_type::beside_struct;
use crate::check::Checked;

/// A call of the macro that `#[derive(AuditContext)]` makes, which hands the
/// model back with its settings. It is told to whom, so that errors in what is
/// generated then are shown at the model and not at the context.
pub(crate) fn take(path: &Path, model: &TokenStream) -> TokenStream {
    let mut path = path.clone();
    for segment in &mut path.segments {
        segment.arguments = PathArguments::None;
    }
    quote!(#path! { (::diesel_audit::private::audited_with) #model })
}

/// For each setting of the model's own, that the context gives it. The errors
/// are at the setting.
pub(super) fn check(checked: &Checked) -> Option<TokenStream> {
    let path = checked.model.context_type.as_ref()?;
    let assertions = checked.model.settings.iter().map(|s| assertions(path, s));
    Some(quote!(#(#assertions)*))
}

fn assertions(path: &Path, setting: &Setting) -> TokenStream {
    let span = setting.name.span();
    let name = setting.name.unraw().to_string();
    let context = quote!(#path).to_string().replace(' ', "");
    let sql_type = beside_struct(&setting.sql_type);
    let type_span = setting.sql_type.span();
    let no_field = format!("`{context}` has no field for the session setting `{name}`");
    let other_type = format!("`{context}` gives the session setting `{name}` another SQL type");
    let may_lack = format!(
        "`{context}` may lack the session setting `{name}`, since its field is an `Option`: \
         write `Nullable<..>` around the type of the setting"
    );
    let required = setting.required.then(|| {
        quote_spanned! {span=>
            ::core::assert!(::diesel_audit::private::gives_always(SETTINGS, #name), #may_lack)
        }
    });
    let has_field = quote_spanned! {span=>
        ::core::assert!(::diesel_audit::private::gives(SETTINGS, #name), #no_field)
    };
    let same_type = quote_spanned! {type_span=>
        ::core::assert!(
            ::diesel_audit::private::gives_as::<#sql_type>(SETTINGS, #name),
            #other_type
        )
    };
    quote! {
        const _: () = {
            #[allow(elided_lifetimes_in_paths)]
            const SETTINGS: &[::diesel_audit::private::ContextSetting] =
                <#path as ::diesel_audit::private::ContextSettings>::SETTINGS;
            #has_field;
            #same_type;
            #required
        };
    }
}
