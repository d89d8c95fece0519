//! A tolerant reader of `#[diesel(..)]`.
//!
//! It takes what concerns us and skips the rest, since Diesel's own derives
//! say what is wrong there. Values are not what `syn::Meta` can hold: for
//! example `serialize_as = Vec<u8>`.

use proc_macro2::{Ident, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, LitStr, Path, Token, Type};

use super::pg_types::PostgresType;

/// What `#[diesel(..)]` says of a struct.
#[derive(Default)]
pub(super) struct StructWords {
    pub(super) table_name: Option<Path>,
    pub(super) primary_key: Option<Vec<Ident>>,
}

impl StructWords {
    pub(super) fn read(attributes: &[Attribute]) -> StructWords {
        let mut words = StructWords::default();
        for_each_word(attributes, |word, input| match word {
            "table_name" => {
                // Only `Queryable` may have several tables, and reads none of them.
                let path = value(input)?;
                words.table_name.get_or_insert(path);
                Ok(())
            }
            "primary_key" => {
                let keys;
                syn::parenthesized!(keys in input);
                let keys = Punctuated::<Ident, Token![,]>::parse_terminated(&keys)?;
                words.primary_key = Some(keys.into_iter().collect());
                Ok(())
            }
            "base_query" => value::<Expr>(input).map(drop),
            "base_query_type" => value::<Type>(input).map(drop),
            _ => skip(input),
        });
        words
    }
}

/// What `#[diesel(..)]` says of a field.
#[derive(Default)]
pub(super) struct FieldWords {
    pub(super) column_name: Option<Ident>,
    pub(super) sql_type: Option<Type>,
    pub(super) deserialize_as: Option<Type>,
    /// Whether the field is something else than one column.
    pub(super) composed: bool,
}

impl FieldWords {
    pub(super) fn read(attributes: &[Attribute]) -> FieldWords {
        let mut words = FieldWords::default();
        for_each_word(attributes, |word, input| match word {
            "column_name" => {
                words.column_name = Some(value::<ColumnName>(input)?.0);
                Ok(())
            }
            "sql_type" => value(input).map(|sql_type| words.sql_type = Some(sql_type)),
            "deserialize_as" => value(input).map(|rust| words.deserialize_as = Some(rust)),
            "serialize_as" | "select_expression_type" => value::<Type>(input).map(drop),
            "select_expression" => {
                words.composed = true;
                value::<Expr>(input).map(drop)
            }
            "embed" => {
                words.composed = true;
                skip(input)
            }
            _ => skip(input),
        });
        words
    }
}

/// What `postgres_type(..)` says, if the struct has it.
pub(super) fn postgres_type(attributes: &[Attribute]) -> Option<PostgresType> {
    let mut found = None;
    for_each_word(attributes, |word, input| match word {
        "postgres_type" => {
            let words;
            syn::parenthesized!(words in input);
            found = Some(words.parse()?);
            Ok(())
        }
        _ => skip(input),
    });
    found
}

/// A column by its name in `table!`, which may be in quotes.
struct ColumnName(Ident);

impl Parse for ColumnName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(LitStr) {
            return input.parse().map(ColumnName);
        }
        let quoted: LitStr = input.parse()?;
        let ident = quoted.parse().or_else(|_| {
            let raw = format!("r#{}", quoted.value());
            syn::parse_str::<Ident>(&raw).map(|mut ident| {
                ident.set_span(quoted.span());
                ident
            })
        })?;
        Ok(ColumnName(ident))
    }
}

fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// Hands each word to `read`, together with what follows it. What `read` does
/// not understand is skipped up to the next comma.
fn for_each_word(
    attributes: &[Attribute],
    mut read: impl FnMut(&str, ParseStream<'_>) -> syn::Result<()>,
) {
    let mut words = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Ok(word) = input.call(Ident::parse_any) {
                let ahead = input.fork();
                if read(&word.to_string(), &ahead).is_ok() {
                    input.advance_to(&ahead);
                }
            }
            skip(input)?;
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    for attribute in attributes.iter().filter(|a| a.path().is_ident("diesel")) {
        // A list that is no list is Diesel's to refuse.
        let _ = attribute.parse_args_with(&mut words);
    }
}

/// Goes to the comma that ends the value, which is none between angle
/// brackets.
fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    let mut depth = 0_usize;
    let mut arrow = false;
    while !(input.is_empty() || depth == 0 && input.peek(Token![,])) {
        let token: TokenTree = input.parse()?;
        let punct = match &token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match punct {
            '<' => depth += 1,
            '>' if !arrow => depth = depth.saturating_sub(1),
            _ => {}
        }
        arrow = matches!(punct, '-' | '=');
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::{DeriveInput, parse_quote};

    use super::*;

    #[test]
    fn words_of_a_struct() {
        let input: DeriveInput = parse_quote! {
            #[diesel(check_for_backend(Pg), base_query = a::b.filter(x::<A, B>(1)), table_name = crate::schema::users)]
            #[doc = "no attribute of Diesel's"]
            #[diesel(belongs_to(Post<'_, A>, foreign_key = mykey), primary_key(a, r#type), unknown = A<B, C>)]
            struct User;
        };
        let words = StructWords::read(&input.attrs);
        let table = words
            .table_name
            .map(|path| path.to_token_stream().to_string());
        assert_eq!(table.as_deref(), Some("crate :: schema :: users"));
        let key: Vec<String> = words
            .primary_key
            .into_iter()
            .flatten()
            .map(|k| k.to_string())
            .collect();
        assert_eq!(key, ["a", "r#type"]);
    }

    #[test]
    fn words_of_a_field() {
        let field: syn::Field = parse_quote! {
            #[diesel(serialize_as = HashMap<A, fn(B) -> C>, deserialize_as = Vec<u8>, column_name = "type")]
            #[diesel(sql_type = Array<Nullable<Text>>, skip_insertion)]
            field: Vec<u8>
        };
        let words = FieldWords::read(&field.attrs);
        let shown = |t: Option<Type>| t.map(|t| t.to_token_stream().to_string().replace(' ', ""));
        assert_eq!(
            words.column_name.map(|c| c.to_string()).as_deref(),
            Some("r#type")
        );
        assert_eq!(
            shown(words.sql_type).as_deref(),
            Some("Array<Nullable<Text>>")
        );
        assert_eq!(shown(words.deserialize_as).as_deref(), Some("Vec<u8>"));
        assert!(!words.composed);

        let composed: syn::Field = parse_quote!(#[diesel(embed)] a: B);
        assert!(FieldWords::read(&composed.attrs).composed);
    }

    #[test]
    fn what_is_no_list_is_left_to_diesel() {
        let field: syn::Field =
            parse_quote!(#[diesel] #[diesel = "x"] #[diesel("a", column_name = b)] a: B);
        let column = FieldWords::read(&field.attrs).column_name;
        assert_eq!(column.map(|c| c.to_string()).as_deref(), Some("b"));
    }
}
