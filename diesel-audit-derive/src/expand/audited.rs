//! The description of the audited table.

use diesel_audit_model::{ContextScope, Operations, Policy, Recording, SessionFact, Unaudited};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use super::Target;
use super::sql_type::beside_struct;
use crate::check::Checked;

pub(super) fn expand(checked: &Checked, target: &Target) -> TokenStream {
    let (model, names) = (&checked.model, &checked.names);
    let (ident, table, row) = (&model.ident, &model.table, &target.row);
    let shown = ident.unraw().to_string();
    let (source_schema, source_name) = (&*model.source.schema, &*model.source.name);
    let (schema, audit_table) = (&names.schema, &names.table);
    let (function, trigger) = (&names.function, &names.trigger);
    let settings = model.settings.iter().map(|setting| {
        let name = setting.name.unraw().to_string();
        let (required, index) = (setting.required, setting.index.is_some());
        let sql_type = beside_struct(&setting.sql_type);
        quote!(::diesel_audit::private::setting::<#sql_type>(#name, #required, #index))
    });
    // A column that is not there is the compiler's to refuse, at its name.
    let excluded = model
        .excluded
        .iter()
        .map(|column| quote!(<#table::#column as ::diesel::Column>::NAME));
    let unlisted = &model.unlisted;
    let policy = policy(&checked.policy);
    let [redact, hash, on_change] = Recording::WORDS.map(|recording| {
        let columns = model.recorded_as(recording).map(|field| &field.column);
        quote!(&[#(<#table::#columns as ::diesel::Column>::NAME),*])
    });
    quote! {
        #[automatically_derived]
        impl ::diesel_audit::Audited for #ident {
            type Audit = #row;

            fn audited_table() -> ::core::result::Result<
                ::diesel_audit::AuditedTable,
                ::diesel_audit::Problems,
            > {
                ::diesel_audit::private::describe::<#table::table, _>(
                    &::diesel_audit::private::Declaration {
                        model: #shown,
                        source: (#source_schema, #source_name),
                        audit: (#schema, #audit_table),
                        function: #function,
                        trigger: #trigger,
                        settings: &[#(#settings),*],
                        excluded: &[#(#excluded),*],
                        unlisted: &[#(#unlisted),*],
                        policy: #policy,
                        redact: #redact,
                        hash: #hash,
                        on_change: #on_change,
                    },
                )
            }
        }
    }
}

/// The switches as a constant.
fn policy(policy: &Policy) -> TokenStream {
    let Policy {
        operations:
            Operations {
                insert,
                update,
                delete,
                truncate,
            },
        context,
        unaudited,
        max_value_bytes,
        append_only,
        skip_unchanged,
        when,
        record,
        seals,
    } = policy;
    let of_crate = quote!(::diesel_audit::private);
    let context = match context {
        ContextScope::Any => quote!(Any),
        ContextScope::Transaction => quote!(Transaction),
    };
    let unaudited = match unaudited {
        Unaudited::Allow => quote!(Allow),
        Unaudited::Forbid => quote!(Forbid),
    };
    let when = match when {
        Some(when) => quote!(::core::option::Option::Some(::std::borrow::Cow::Borrowed(#when))),
        None => quote!(::core::option::Option::None),
    };
    let record = record.iter().map(|fact| match fact {
        SessionFact::ApplicationName => quote!(ApplicationName),
        SessionFact::ClientAddr => quote!(ClientAddr),
        SessionFact::BackendPid => quote!(BackendPid),
        SessionFact::Query => quote!(Query),
    });
    quote! {
        #of_crate::Policy {
            operations: #of_crate::Operations {
                insert: #insert,
                update: #update,
                delete: #delete,
                truncate: #truncate,
            },
            context: #of_crate::ContextScope::#context,
            unaudited: #of_crate::Unaudited::#unaudited,
            max_value_bytes: #max_value_bytes,
            append_only: #append_only,
            skip_unchanged: #skip_unchanged,
            when: #when,
            record: ::std::borrow::Cow::Borrowed(&[#(#of_crate::SessionFact::#record),*]),
            seals: #seals,
        }
    }
}
