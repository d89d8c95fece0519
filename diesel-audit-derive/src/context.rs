//! `#[derive(AuditContext)]`: a struct as a context, and its settings for the
//! models that name it.

use diesel_audit_parse::{self as parse, Context, Setting};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, Visibility, parse_quote};

/// The impls and the macro, also beside errors: so that one mistake gives one
/// message.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let context = parse::context(input);
    let errors = context.error.as_ref().map(syn::Error::to_compile_error);
    let to_context = to_context(input, &context);
    let settings = settings(input, &context);
    let macro_of_models = macro_of_models(input, &context);
    quote! {
        #errors
        #to_context
        #settings
        #macro_of_models
    }
}

fn to_context(input: &DeriveInput, context: &Context) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    // What a field displays as is not asked beside an error.
    let set = context
        .settings
        .iter()
        .filter(|_| context.error.is_none())
        .map(set);
    let longer = context.max_value_bytes.map(|bytes| {
        quote! {
            let __audit_context =
                ::diesel_audit::AuditContext::with_max_value_bytes(__audit_context, #bytes);
        }
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics ::diesel_audit::ToAuditContext for #ident #ty_generics #where_clause {
            fn to_audit_context(&self) -> ::core::result::Result<
                ::diesel_audit::AuditContext,
                ::diesel_audit::AuditError,
            > {
                let __audit_context = ::diesel_audit::AuditContext::new();
                #longer
                #(let __audit_context = #set?;)*
                ::core::result::Result::Ok(__audit_context)
            }
        }
    }
}

/// A type that shows no text is an error at its field.
fn set(setting: &Setting) -> TokenStream {
    let field = &setting.name;
    let name = field.unraw().to_string();
    let span = located_at(field.span());
    if setting.required {
        quote_spanned! {span=>
            ::diesel_audit::AuditContext::set(__audit_context, #name, &self.#field)
        }
    } else {
        quote_spanned! {span=>
            ::diesel_audit::AuditContext::set_optional(
                __audit_context,
                #name,
                ::core::option::Option::as_ref(&self.#field),
            )
        }
    }
}

fn settings(input: &DeriveInput, context: &Context) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let settings = context.settings.iter().map(|setting| {
        let name = setting.name.unraw().to_string();
        let sql_type = &setting.sql_type;
        let required = setting.required;
        let span = located_at(sql_type.span());
        quote_spanned! {span=>
            ::diesel_audit::private::ContextSetting::of::<::diesel::sql_types::#sql_type>(
                #name,
                #required,
            )
        }
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics ::diesel_audit::private::ContextSettings for #ident #ty_generics
        #where_clause
        {
            const SETTINGS: &'static [::diesel_audit::private::ContextSetting] = &[#(#settings),*];
        }
    }
}

/// A derive sees no other item. So the settings are in a macro of the struct's
/// name, which the path of the struct leads to as well, and which
/// `#[audit(context_type = ..)]` calls with the model.
fn macro_of_models(input: &DeriveInput, context: &Context) -> TokenStream {
    let ident = &input.ident;
    let vis = at_most_crate(&input.vis);
    let hidden = format_ident!(
        "__audit_context_{}",
        ident.unraw(),
        span = Span::call_site()
    );
    let settings = context.settings.iter().map(|setting| {
        let (name, sql_type) = (&setting.name, &setting.sql_type);
        let index = setting.index.map(|_| quote!(, index));
        if setting.required {
            quote!(#name: #sql_type #index)
        } else {
            quote!(#name: Nullable<#sql_type> #index)
        }
    });
    quote! {
        #[doc(hidden)]
        #[allow(unused_macros)]
        macro_rules! #hidden {
            (($($__audit_macro:tt)*) $($__audit_model:tt)*) => {
                $($__audit_macro)*! { [#(#settings),*] $($__audit_model)* }
            };
        }

        #[doc(hidden)]
        #[allow(unused_imports)]
        #vis use #hidden as #ident;
    }
}

/// A macro that is not exported is visible in its crate only.
fn at_most_crate(vis: &Visibility) -> Visibility {
    match vis {
        Visibility::Public(public) => {
            let krate = Ident::new("crate", public.span());
            parse_quote!(pub(#krate))
        }
        other => other.clone(),
    }
}

/// What is generated, shown where the user wrote something.
fn located_at(span: Span) -> Span {
    Span::call_site().located_at(span)
}
