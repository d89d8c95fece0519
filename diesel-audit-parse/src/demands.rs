//! The words that say what a write has to have: their forms.

use darling::FromMeta;
use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{LitInt, Meta};

use super::words::{refused, text};
use diesel_audit_model::policy::{ContextScope, Unaudited};
use diesel_audit_model::value::VALUE_BYTES;

/// `context = ".."`. Holds the word itself too.
pub(super) struct ContextWord(pub(super) ContextScope, pub(super) Span);

impl FromMeta for ContextWord {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let scope = match text(item).as_deref() {
            Some("transaction") => ContextScope::Transaction,
            Some("any") => ContextScope::Any,
            _ => {
                return Err(refused(
                    item,
                    "`context` is `\"transaction\"` or `\"any\"`",
                    "write `context = \"transaction\"` for those of `audited` only, \
                     or `context = \"any\"`, the default, for those of a checkout too",
                ));
            }
        };
        Ok(ContextWord(scope, item.path().span()))
    }
}

/// `unaudited = ".."`.
pub(super) struct UnauditedWord(pub(super) Unaudited);

impl FromMeta for UnauditedWord {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        match text(item).as_deref() {
            Some("forbid") => Ok(UnauditedWord(Unaudited::Forbid)),
            Some("allow") => Ok(UnauditedWord(Unaudited::Allow)),
            _ => Err(refused(
                item,
                "`unaudited` is `\"forbid\"` or `\"allow\"`",
                "write `unaudited = \"forbid\"` to have it refused, \
                 or `unaudited = \"allow\"`, the default, if it may lack what is not required",
            )),
        }
    }
}

/// `max_value_bytes = n`.
pub(super) struct BytesWord(pub(super) usize);

impl FromMeta for BytesWord {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        if let Meta::NameValue(pair) = item
            && let Ok(literal) = syn::parse2::<LitInt>(pair.value.to_token_stream())
            && let Ok(bytes) = literal.base10_parse()
            && VALUE_BYTES.contains(&bytes)
        {
            return Ok(BytesWord(bytes));
        }
        let (min, max) = (VALUE_BYTES.start(), VALUE_BYTES.end());
        Err(refused(
            item,
            format!("`max_value_bytes` takes a number of bytes, {min} to {max}"),
            "write for example `max_value_bytes = 4096`",
        ))
    }
}
