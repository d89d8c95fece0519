//! The columns that every audit table begins with, and those for what is recorded of
//! the session.

use diesel_audit_model::SessionFact;
use diesel_audit_model::names::AUDIT_COLUMNS;
use diesel_audit_parse::Model;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::sql_type::nullable;

pub(super) struct OwnColumn {
    pub(super) name: Ident,
    pub(super) sql_type: TokenStream,
    pub(super) rust_type: TokenStream,
    pub(super) doc: &'static str,
}

/// All of them, in the order of the audit table.
pub(super) fn own_columns() -> [OwnColumn; AUDIT_COLUMNS.len()] {
    let bigint = || (quote!(BigInt), quote!(::core::primitive::i64));
    let text = || (quote!(Text), quote!(::std::string::String));
    let timestamp = || (quote!(Timestamptz), quote!(::diesel_audit::Timestamp));
    let columns = [
        (
            bigint(),
            " The order of the changes of a row: later ones have larger numbers.",
        ),
        (
            (quote!(Text), quote!(::diesel_audit::Operation)),
            " What happened.",
        ),
        (timestamp(), " When the change was made."),
        (timestamp(), " When its transaction began."),
        (
            bigint(),
            " Its transaction; changes of one transaction have the same.",
        ),
        (text(), " The role that had logged in."),
        (text(), " The role that the change was made as."),
    ];
    let mut names = AUDIT_COLUMNS.into_iter();
    columns.map(|((sql_type, rust_type), doc)| OwnColumn {
        name: Ident::new(names.next().unwrap_or_default(), Span::call_site()),
        sql_type: quote!(::diesel::sql_types::#sql_type),
        rust_type,
        doc,
    })
}

/// Those for the facts of the session, behind the ones that are always there.
pub(super) fn fact_columns(model: &Model) -> impl Iterator<Item = OwnColumn> {
    model.record().iter().map(|fact| {
        let string = || quote!(::std::string::String);
        let (sql_type, rust_type, doc) = match fact {
            SessionFact::ApplicationName => (
                quote!(Text),
                string(),
                " What the client called itself; empty if it did not.",
            ),
            SessionFact::ClientAddr => (
                quote!(Inet),
                quote!(::diesel_audit::ClientAddr),
                " The address that the client connected from; `None` by a Unix socket.",
            ),
            SessionFact::BackendPid => (
                quote!(Integer),
                quote!(::core::primitive::i32),
                " The process of the server that made the change.",
            ),
            SessionFact::Query => (
                quote!(Text),
                string(),
                " The text that the client sent, up to 8,192 characters.",
            ),
        };
        OwnColumn {
            name: Ident::new(fact.column(), Span::call_site()),
            sql_type: nullable(&quote!(::diesel::sql_types::#sql_type)),
            rust_type: quote!(::core::option::Option<#rust_type>),
            doc,
        }
    })
}
