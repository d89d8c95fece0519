//! The words that say what an audit row holds, and which changes have one.

use darling::FromMeta;
use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{LitStr, Meta};

use super::message;
use super::words::{list, refused};
use diesel_audit_model::condition;
use diesel_audit_model::policy::SessionFact;

/// `when = ".."`.
pub(super) struct ConditionWord(pub(super) LitStr);

impl FromMeta for ConditionWord {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        if let Meta::NameValue(pair) = item
            && let Ok(literal) = syn::parse2::<LitStr>(pair.value.to_token_stream())
        {
            return match condition::check(&literal.value()) {
                Ok(()) => Ok(ConditionWord(literal)),
                Err(problem) => {
                    let help = problem.help();
                    Err(message::error(literal.span(), problem, help).into())
                }
            };
        }
        Err(refused(
            item,
            "`when` takes a condition of SQL over `OLD` and `NEW`, in double quotes",
            "write for example `when = \"NEW.total > 100\"`",
        ))
    }
}

/// `record(application_name, ..)`: the facts in their order.
pub(super) struct FactList(pub(super) Vec<SessionFact>);

impl FromMeta for FactList {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let known = SessionFact::ALL.map(SessionFact::word);
        let form = known.join(", ");
        let words = list(item, &form, Ident::parse_any)?;
        let help = format!("write `record({form})` with the ones that you want");
        let mut facts: Vec<SessionFact> = Vec::new();
        let mut errors = darling::Error::accumulator();
        for word in words {
            let name = word.to_string();
            let message = match SessionFact::from_word(&name) {
                None => message::unknown(&name, &known),
                Some(fact) if facts.contains(&fact) => {
                    format!("the word `{name}` is there twice")
                }
                Some(fact) => {
                    facts.push(fact);
                    continue;
                }
            };
            errors.push(message::error(word.span(), message, &help).into());
        }
        facts.sort();
        errors.finish_with(FactList(facts))
    }
}
