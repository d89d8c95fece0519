//! How errors in attributes read: what is wrong, and below it how to write it.

use std::fmt::Display;

use proc_macro2::Span;

/// An error at a token, with the way out on a line of its own.
pub(super) fn error(span: Span, message: impl Display, help: impl Display) -> syn::Error {
    syn::Error::new(span, format!("{message}\nhelp: {help}"))
}

/// All errors at once, or none.
pub(super) fn all(errors: Vec<syn::Error>) -> Result<(), syn::Error> {
    match errors.into_iter().reduce(|mut all, error| {
        all.combine(error);
        all
    }) {
        None => Ok(()),
        Some(all) => Err(all),
    }
}

/// The value, or nothing and its errors with the others.
pub(super) fn noted<T>(result: Result<T, syn::Error>, errors: &mut Vec<syn::Error>) -> Option<T> {
    result.map_err(|error| errors.extend(error)).ok()
}

/// Darling's errors in our words. `help` says which words there are.
///
/// Darling keeps the kinds of its errors to itself and shows them only as
/// text; a text that is not one of its own is passed on as it is.
pub(super) fn from_darling(error: darling::Error, help: &str) -> syn::Error {
    let errors = syn::Error::from(error.flatten()).into_iter();
    errors
        .map(|error| match restyled(&error.to_string()) {
            Some(message) => self::error(error.span(), message, help),
            None => error,
        })
        .reduce(|mut all, error| {
            all.combine(error);
            all
        })
        .unwrap_or_else(|| syn::Error::new(Span::call_site(), help))
}

/// That a word is none of `known`, with the one that it looks like.
pub(super) fn unknown(word: &str, known: &[&str]) -> String {
    let error = darling::Error::unknown_field_with_alts(word, known).to_string();
    restyled(&error).unwrap_or(error)
}

fn restyled(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix("Unknown field: ") {
        let suggestion = rest.split_once(". Did you mean ");
        let (word, did_you_mean) = match suggestion {
            Some((word, meant)) => (word, format!(", did you mean {meant}")),
            None => (rest.split(". ").next().unwrap_or(rest), String::new()),
        };
        return Some(format!("unknown word {word}{did_you_mean}"));
    }
    if let Some(word) = message.strip_prefix("Duplicate field ") {
        return Some(format!("the word {word} is there twice"));
    }
    if message.starts_with("Unexpected meta-item format ") {
        return Some("expected a word, not a literal".to_owned());
    }
    let no_list = message.starts_with("Name-value arguments are not supported");
    no_list.then(|| "`audit` takes its words in parentheses".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn darlings_texts_are_known() {
        let shown = |error: darling::Error| from_darling(error, "h").to_string();
        assert_eq!(
            shown(darling::Error::unknown_field_with_alts(
                "tabel",
                &["table", "schema"]
            )),
            "unknown word `tabel`, did you mean `table`?\nhelp: h"
        );
        assert_eq!(
            shown(darling::Error::unknown_field_with_alts("xyz", &["table"])),
            "unknown word `xyz`\nhelp: h"
        );
        assert_eq!(
            shown(darling::Error::duplicate_field("table")),
            "the word `table` is there twice\nhelp: h"
        );
        assert_eq!(
            shown(darling::Error::unsupported_format("literal")),
            "expected a word, not a literal\nhelp: h"
        );
        let no_list = syn::parse_quote!(#[audit = ""]);
        assert_eq!(
            shown(darling::util::parse_attribute_to_meta_list(&no_list).unwrap_err()),
            "`audit` takes its words in parentheses\nhelp: h"
        );
        assert_eq!(shown(darling::Error::custom("ours")), "ours");
    }
}
