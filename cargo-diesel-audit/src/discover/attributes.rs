//! The attributes that decide whether an item concerns us.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Meta, Path, Token};

/// Whether the item is there for `cargo test` only: by `#[cfg(test)]`, or by
/// `#[test]`, which other crates have too, as in `#[tokio::test]`.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => list
            .parse_args()
            .is_ok_and(|condition| needs_test(&condition)),
        meta => {
            let last = meta.path().segments.last();
            last.is_some_and(|last| last.ident == "test")
        }
    })
}

/// Whether a condition can hold under `cargo test` only: `test`, and
/// `all(test, ..)`.
fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .is_ok_and(|all| all.iter().any(needs_test)),
        _ => false,
    }
}

/// The paths in `#[derive(..)]`.
pub(super) fn derives(attributes: &[Attribute]) -> Vec<Path> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
        .flat_map(|attribute| paths(&attribute.meta))
        .collect()
}

/// The paths in `#[cfg_attr(.., derive(..))]`.
pub(super) fn conditional_derives(attributes: &[Attribute]) -> Vec<Path> {
    conditional(attributes)
        .filter(|meta| meta.path().is_ident("derive"))
        .flat_map(|meta| paths(&meta))
        .collect()
}

/// A word in `#[cfg_attr(.., audit(..))]` or `#[cfg_attr(.., diesel(..))]` that
/// says what is recorded.
pub(super) fn conditional_word(attributes: &[Attribute]) -> Option<Span> {
    const OF_DIESEL: [&str; 7] = [
        "table_name",
        "primary_key",
        "column_name",
        "embed",
        "select_expression",
        "sql_type",
        "deserialize_as",
    ];
    conditional(attributes).find_map(|meta| match &meta {
        Meta::List(list) if list.path.is_ident("audit") => Some(list.path.span()),
        Meta::List(list) if list.path.is_ident("diesel") => list
            .tokens
            .clone()
            .into_iter()
            .find_map(|token| match token {
                TokenTree::Ident(word) if OF_DIESEL.iter().any(|known| word == known) => {
                    Some(word.span())
                }
                _ => None,
            }),
        _ => None,
    })
}

/// What stands in `cfg_attr(.., ..)` behind the condition.
fn conditional(attributes: &[Attribute]) -> impl Iterator<Item = Meta> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg_attr"))
        .filter_map(|attribute| {
            attribute
                .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .ok()
        })
        .flat_map(|metas| metas.into_iter().skip(1))
}

fn paths(derive: &Meta) -> Vec<Path> {
    let Meta::List(list) = derive else {
        return Vec::new();
    };
    list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
        .map(|paths| paths.into_iter().collect())
        .unwrap_or_default()
}

/// The first `#[cfg(..)]` or `#[cfg_attr(..)]`.
pub(super) fn condition(attributes: &[Attribute]) -> Option<Span> {
    attributes
        .iter()
        .find(|a| a.path().is_ident("cfg") || a.path().is_ident("cfg_attr"))
        .map(|attribute| attribute.path().span())
}

/// The text of `#[word = ".."]`.
pub(super) fn text(attributes: &[Attribute], word: &str) -> Option<String> {
    attributes
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident(word) => match &pair.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
}

/// Where `derive(.., Audited, ..)` is among the tokens.
pub(super) fn derives_audited(tokens: TokenStream) -> Option<Span> {
    let mut after_derive = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if after_derive => {
                let found = group.stream().into_iter().find_map(|token| match token {
                    TokenTree::Ident(ident) if ident == "Audited" => Some(ident.span()),
                    _ => None,
                });
                if found.is_some() {
                    return found;
                }
            }
            TokenTree::Group(group) => {
                if let Some(found) = derives_audited(group.stream()) {
                    return Some(found);
                }
            }
            TokenTree::Ident(ident) => {
                after_derive = ident == "derive";
                continue;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        after_derive = false;
    }
    None
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn items_for_tests() {
        let check = |item: syn::ItemMod, expected| assert_eq!(is_for_tests(&item.attrs), expected);
        check(
            parse_quote!(
                #[cfg(test)]
                mod a {}
            ),
            true,
        );
        check(
            parse_quote!(
                #[cfg(all(unix, test))]
                mod a {}
            ),
            true,
        );
        check(
            parse_quote!(
                #[cfg(all(unix, all(test)))]
                mod a {}
            ),
            true,
        );
        check(
            parse_quote!(
                #[cfg(any(unix, test))]
                mod a {}
            ),
            false,
        );
        check(
            parse_quote!(
                #[cfg(not(test))]
                mod a {}
            ),
            false,
        );
        check(
            parse_quote!(
                #[cfg(feature = "test")]
                mod a {}
            ),
            false,
        );
    }
}
