//! The words of `#[audit(..)]` and their forms.

use darling::{FromAttributes, FromMeta};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprPath, LitBool, LitStr, Meta, Path, Token, Type};

use super::contents::{ConditionWord, FactList};
use super::demands::{BytesWord, ContextWord, UnauditedWord};
use super::message;
use diesel_audit_model::policy::Operations;

/// Declares a receiver together with the help that lists its words, so that
/// the list cannot say less or more than what is accepted.
macro_rules! words {
    (
        $(#[$doc:meta])*
        struct $name:ident on $place:literal {
            $first:ident: $first_type:ty = $first_form:literal,
            $($word:ident: $type:ty = $form:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Default, FromAttributes)]
        #[darling(attributes(audit), default)]
        pub(super) struct $name {
            pub(super) $first: $first_type,
            $(pub(super) $word: $type,)*
        }

        impl $name {
            /// Reads the words of all `#[audit(..)]` among the attributes.
            pub(super) fn read(attributes: &[Attribute]) -> Result<$name, syn::Error> {
                let attributes: Vec<Attribute> = attributes.iter().map(with_grouped_types).collect();
                $name::from_attributes(&attributes).map_err(|error| message::from_darling(error, $name::HELP))
            }

            const HELP: &str = concat!(
                "`#[audit(..)]` on ", $place, " takes `", $first_form, "`",
                $(", `", $form, "`",)*
            );
        }
    };
}

words! {
    /// The words on a struct.
    struct StructWords on "a struct" {
        table: Option<Name> = "table = \"..\"",
        schema: Option<Name> = "schema = \"..\"",
        function: Option<Name> = "function = \"..\"",
        trigger: Option<Name> = "trigger = \"..\"",
        source_schema: Option<Name> = "source_schema = \"..\"",
        source_table: Option<Name> = "source_table = \"..\"",
        renamed_from: Option<Name> = "renamed_from = \"..\"",
        moved_from: Option<Name> = "moved_from = \"..\"",
        session_settings: SettingList = "session_settings(name: SqlType, index, ..)",
        context: Option<ContextWord> = "context = \"transaction\"",
        unaudited: Option<UnauditedWord> = "unaudited = \"forbid\"",
        max_value_bytes: Option<BytesWord> = "max_value_bytes = 4096",
        context_type: Option<ContextPath> = "context_type = path",
        append_only: Option<AppendOnlyWord> = "append_only",
        operations: Option<OperationList> = "operations(insert, update, delete, truncate)",
        skip_unchanged: Flag = "skip_unchanged",
        when: Option<ConditionWord> = "when = \"..\"",
        record: Option<FactList> = "record(application_name, client_addr, backend_pid, query)",
        seals: Flag = "seals",
        exclude: ExcludeList = "exclude(column, ..)",
    }
}

words! {
    /// The words on a field.
    struct FieldWords on "a field" {
        skip: Flag = "skip",
        redact: Flag = "redact",
        hash: Flag = "hash",
        on_change: Flag = "on_change",
        sql_type: Option<SqlTypeWord> = "sql_type = SqlType",
        sql_name: Option<Name> = "sql_name = \"..\"",
        renamed_from: Option<Name> = "renamed_from = \"..\"",
    }
}

words! {
    /// The words on a context.
    struct ContextWords on "a context" {
        max_value_bytes: Option<BytesWord> = "max_value_bytes = 4096",
    }
}

words! {
    /// The words on a field of a context.
    struct ContextFieldWords on "a field of a context" {
        skip: Flag = "skip",
        index: Flag = "index",
        sql_type: Option<SqlTypeWord> = "sql_type = SqlType",
    }
}

/// A name as PostgreSQL's catalog spells it, in quotes.
#[derive(Debug, Clone)]
pub(super) struct Name(pub(super) LitStr);

impl FromMeta for Name {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        if let Meta::NameValue(pair) = item
            && let Ok(literal) = syn::parse2(pair.value.to_token_stream())
        {
            return Ok(Name(literal));
        }
        let word = word(item);
        Err(refused(
            item,
            format!("`{word}` takes a name in double quotes"),
            format!("write `{word} = \"..\"`"),
        ))
    }
}

/// `session_settings(name: SqlType, index, name: SqlType = "value of older rows", ..)`.
#[derive(Default)]
pub(super) struct SettingList(pub(super) Vec<SettingWord>);

/// One of the settings.
pub(super) struct SettingWord {
    pub(super) name: Ident,
    pub(super) sql_type: Type,
    pub(super) default: Option<LitStr>,
    /// The word `index`, which comes after the setting that it is about.
    pub(super) index: Option<Span>,
}

impl FromMeta for SettingList {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let settings = list(
            item,
            "username: Text, request_id: Nullable<Uuid>",
            SettingWord::parse,
        )?;
        Ok(SettingList(settings))
    }
}

impl Parse for SettingWord {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Ident::parse_any(input)?;
        input.parse::<Token![:]>()?;
        let sql_type = input.parse()?;
        let default = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(SettingWord {
            name,
            sql_type,
            default,
            index: index(input)?,
        })
    }
}

/// `, index`, if it comes next and is not the name of another setting.
fn index(input: ParseStream<'_>) -> syn::Result<Option<Span>> {
    let ahead = input.fork();
    if ahead.parse::<Token![,]>().is_err() {
        return Ok(None);
    }
    let Ok(word) = Ident::parse_any(&ahead) else {
        return Ok(None);
    };
    if word != "index" || ahead.peek(Token![:]) {
        return Ok(None);
    }
    input.parse::<Token![,]>()?;
    Ident::parse_any(input)?;
    Ok(Some(word.span()))
}

/// `context_type = path`.
pub(super) struct ContextPath(pub(super) Path);

impl FromMeta for ContextPath {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        match item {
            Meta::NameValue(syn::MetaNameValue {
                value:
                    Expr::Path(ExprPath {
                        qself: None, path, ..
                    }),
                ..
            }) => Ok(ContextPath(path.clone())),
            _ => Err(refused(
                item,
                "`context_type` takes the path of a struct, without quotes",
                "write for example `context_type = crate::context::RequestContext`",
            )),
        }
    }
}

/// `append_only`, or `append_only = true` and `append_only = false`.
pub(super) struct AppendOnlyWord(pub(super) bool);

impl FromMeta for AppendOnlyWord {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        match item {
            Meta::Path(_) => return Ok(AppendOnlyWord(true)),
            Meta::NameValue(pair) => {
                if let Ok(literal) = syn::parse2::<LitBool>(pair.value.to_token_stream()) {
                    return Ok(AppendOnlyWord(literal.value));
                }
            }
            Meta::List(_) => {}
        }
        Err(refused(
            item,
            "`append_only` takes no value, or `true` or `false`",
            "write `append_only`, or `append_only = false` where Cargo.toml says it for the whole crate",
        ))
    }
}

/// `operations(insert, ..)`.
pub(super) struct OperationList(pub(super) Operations);

impl FromMeta for OperationList {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        const FORM: &str = "insert, update, delete, truncate";
        let words = list(item, FORM, Ident::parse_any)?;
        let mut operations = Operations {
            insert: false,
            update: false,
            delete: false,
            truncate: false,
        };
        let help = format!("write `operations({FORM})` with the ones that you want");
        let mut errors = darling::Error::accumulator();
        for word in &words {
            let flag = match word.to_string().as_str() {
                "insert" => &mut operations.insert,
                "update" => &mut operations.update,
                "delete" => &mut operations.delete,
                "truncate" => &mut operations.truncate,
                unknown => {
                    let known: Vec<&str> = FORM.split(", ").collect();
                    let message = message::unknown(unknown, &known);
                    errors.push(message::error(word.span(), message, &help).into());
                    continue;
                }
            };
            if std::mem::replace(flag, true) {
                let message = format!("the word `{word}` is there twice");
                errors.push(message::error(word.span(), message, &help).into());
            }
        }
        errors.finish_with(OperationList(operations))
    }
}

/// `exclude(column, .., "column that table! does not have")`.
#[derive(Default)]
pub(super) struct ExcludeList(pub(super) Vec<Excluded>);

/// A column that is not recorded.
pub(super) enum Excluded {
    /// A column of `table!`, by the name that it has there.
    Listed(Ident),
    /// A column of the table only, by its name in PostgreSQL.
    Unlisted(LitStr),
}

impl FromMeta for ExcludeList {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        let columns = list(item, "column, ..", |input| {
            if input.peek(LitStr) {
                input.parse().map(Excluded::Unlisted)
            } else {
                input.parse().map(Excluded::Listed)
            }
        })?;
        Ok(ExcludeList(columns))
    }
}

/// A word without a value, such as `skip`. Holds the word itself.
#[derive(Default)]
pub(super) struct Flag(pub(super) Option<Span>);

impl FromMeta for Flag {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        match item {
            Meta::Path(word) => Ok(Flag(Some(word.span()))),
            _ => {
                let word = word(item);
                Err(refused(
                    item,
                    format!("`{word}` takes no value"),
                    format!("write `{word}`"),
                ))
            }
        }
    }
}

/// `sql_type = SqlType`.
pub(super) struct SqlTypeWord(pub(super) Type);

impl FromMeta for SqlTypeWord {
    fn from_meta(item: &Meta) -> darling::Result<Self> {
        if let Meta::List(list) = item
            && matches!(list.delimiter, syn::MacroDelimiter::Bracket(_))
            && let Ok(sql_type @ Type::Path(_)) = syn::parse2(list.tokens.clone())
        {
            return Ok(SqlTypeWord(sql_type));
        }
        Err(refused(
            item,
            "`sql_type` takes the path of an SQL type, without quotes",
            "write for example `sql_type = Citext` or `sql_type = crate::schema::sql_types::Plan`",
        ))
    }
}

/// Darling reads `word = value` with an expression for a value, and
/// `Array<Text>` is none. So a type is put into brackets, as `word[value]`,
/// which nobody else writes.
fn with_grouped_types(attribute: &Attribute) -> Attribute {
    let mut grouped = attribute.clone();
    if let Meta::List(list) = &mut grouped.meta
        && list.path.is_ident("audit")
        && let Ok(tokens) = group_types.parse2(list.tokens.clone())
    {
        list.tokens = tokens;
    }
    grouped
}

fn group_types(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut grouped = TokenStream::new();
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        let is_sql_type = matches!(&token, TokenTree::Ident(word) if word == "sql_type");
        grouped.append(token);
        if is_sql_type && input.peek(Token![=]) && input.fork().call(equals_type).is_ok() {
            let sql_type = equals_type(input)?;
            let mut group = Group::new(Delimiter::Bracket, quote!(#sql_type));
            group.set_span(sql_type.span());
            grouped.append(group);
        }
    }
    Ok(grouped)
}

fn equals_type(input: ParseStream<'_>) -> syn::Result<Type> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// The items of `word(item, ..)`; an empty list is as wrong as none.
pub(super) fn list<T>(
    item: &Meta,
    form: &str,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
) -> darling::Result<Vec<T>> {
    let word = word(item);
    match item {
        Meta::List(list) if !list.tokens.is_empty() => Ok((|input: ParseStream<'_>| {
            Punctuated::<T, Token![,]>::parse_terminated_with(input, parse)
        })
        .parse2(list.tokens.clone())
        .map_err(|error| {
            darling::Error::from(message::error(
                error.span(),
                error,
                format!("write `{word}({form})`"),
            ))
        })?
        .into_iter()
        .collect()),
        _ => Err(refused(
            item,
            format!("`{word}` takes a list in parentheses"),
            format!("write `{word}({form})`"),
        )),
    }
}

/// The text of `word = "text"`.
pub(super) fn text(item: &Meta) -> Option<String> {
    let Meta::NameValue(pair) = item else {
        return None;
    };
    let literal = syn::parse2::<LitStr>(pair.value.to_token_stream()).ok()?;
    Some(literal.value())
}

fn word(item: &Meta) -> String {
    item.path()
        .get_ident()
        .map_or_else(String::new, ToString::to_string)
}

pub(super) fn refused(item: &Meta, message: impl ToString, help: impl ToString) -> darling::Error {
    let at = match item {
        Meta::NameValue(pair) => pair.value.span(),
        Meta::Path(_) | Meta::List(_) => item.path().span(),
    };
    darling::Error::from(message::error(at, message.to_string(), help.to_string()))
}
