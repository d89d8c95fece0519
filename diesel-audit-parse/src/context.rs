//! A context as the tokens of its struct declare it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{DeriveInput, Field, Token, Type, parse_quote};

use super::model::{Setting, named_fields, setting};
use super::words::{ContextFieldWords, ContextWords, SettingWord, SqlTypeWord};
use super::{diesel_types, message, rules, sql_type};

/// What a struct with `#[derive(AuditContext)]` declares.
#[derive(Debug, Clone)]
pub struct Context {
    /// A session setting for each field, in their order. Its name is the
    /// field's.
    pub settings: Vec<Setting>,
    /// How long their values may be, if that is not the default.
    pub max_value_bytes: Option<usize>,
    /// Everything that is wrong, combined. The settings are those that could be
    /// read all the same.
    pub error: Option<syn::Error>,
}

/// Reads a struct.
pub fn context(input: &DeriveInput) -> Context {
    let mut errors = Vec::new();
    let named = named_fields(
        input,
        "AuditContext",
        "write `struct RequestContext { username: String, .. }`, with a field for each session setting",
    );
    let named = message::noted(named, &mut errors);
    let words = message::noted(ContextWords::read(&input.attrs), &mut errors);
    let mut settings = Vec::new();
    for field in named.into_iter().flat_map(|named| &named.named) {
        settings.extend(message::noted(of_field(field), &mut errors).flatten());
    }
    if errors.is_empty() && settings.is_empty() {
        errors.push(message::error(
            input.ident.span(),
            "a context without a session setting says nothing",
            "add a field such as `username: String`",
        ));
    }
    Context {
        settings,
        max_value_bytes: words.and_then(|words| Some(words.max_value_bytes?.0)),
        error: message::all(errors).err(),
    }
}

/// Reads a list as `session_settings(..)` has it.
///
/// # Errors
/// What does not follow the form.
pub fn settings(tokens: TokenStream) -> Result<Vec<Setting>, syn::Error> {
    let words = Punctuated::<SettingWord, Token![,]>::parse_terminated.parse2(tokens)?;
    Ok(words.into_iter().map(setting).collect())
}

/// The setting of a field, if it has one.
fn of_field(field: &Field) -> Result<Option<Setting>, syn::Error> {
    let words = ContextFieldWords::read(&field.attrs)?;
    let Some(name) = field.ident.clone().filter(|_| words.skip.0.is_none()) else {
        return Ok(None);
    };
    let inner = sql_type::optional(&field.ty);
    let rust = inner.unwrap_or(&field.ty);
    let sql_type = match words.sql_type {
        Some(SqlTypeWord(said)) => said_type(rust, said)?,
        None => type_of(rust)?,
    };
    let setting = Setting {
        name,
        sql_type,
        required: inner.is_none(),
        default: None,
        index: words.index.0,
    };
    let mut errors = Vec::new();
    rules::settings(std::slice::from_ref(&setting), &mut errors);
    message::all(errors)?;
    Ok(Some(setting))
}

fn said_type(rust: &Type, said: Type) -> Result<Type, syn::Error> {
    let said = sql_type::nullable(&said).cloned().unwrap_or(said);
    let Some(name) = diesel_types::name(&said).cloned() else {
        // The models that it is written into stand elsewhere.
        return Err(rules::impossible_type(&said, &shown(&said)));
    };
    if name == "Timestamptz" && !is_instant(rust) {
        return Err(no_instant(rust));
    }
    Ok(named(&name.to_string(), name.span()))
}

fn type_of(rust: &Type) -> Result<Type, syn::Error> {
    let Some(sql_type) = sql_type::of(rust) else {
        return Err(refused(
            rust,
            format!("the SQL type of `{}` is not known", shown(rust)),
            "write `#[audit(sql_type = Text)]` on the field, with the type of the session setting, \
             or `#[audit(skip)]`",
        ));
    };
    if !is_instant(rust) {
        return Err(no_instant(rust));
    }
    match diesel_types::name(&sql_type).map(Ident::to_string) {
        Some(name) if diesel_types::SETTING_TYPES.contains(&&*name) => {
            Ok(named(&name, rust.span()))
        }
        _ => Err(refused(
            rust,
            format!("a session setting cannot be a `{}`", shown(rust)),
            "write `#[audit(sql_type = Text)]` on the field for the text that it displays as, \
             or `#[audit(skip)]`",
        )),
    }
}

/// Whether what the type displays as is one instant to PostgreSQL, whatever the
/// time zone of its session, as far as the tokens tell. A type of
/// `DateTime<Tz>` shows the abbreviation of its zone, which may be that of
/// another zone there. <https://www.postgresql.org/docs/current/datetime-config-files.html>
fn is_instant(rust: &Type) -> bool {
    const WITHOUT_ZONE: [&str; 3] = ["Timestamp", "Date", "Time"];
    match sql_type::of(rust).as_ref().and_then(diesel_types::name) {
        Some(name) if name == "Timestamptz" => sql_type::parameter(rust)
            .is_none_or(|zone| ["Utc", "FixedOffset", "Local"].contains(&&*zone.to_string())),
        Some(name) => !WITHOUT_ZONE.contains(&&*name.to_string()),
        None => true,
    }
}

fn no_instant(rust: &Type) -> syn::Error {
    refused(
        rust,
        format!(
            "a `{}` does not tell PostgreSQL which instant it is",
            shown(rust)
        ),
        "write `DateTime<Utc>`, or `#[audit(sql_type = Text)]` on the field",
    )
}

/// A name of Diesel's, since it is written into models that stand elsewhere.
fn named(name: &str, span: Span) -> Type {
    let name = Ident::new(name, span);
    parse_quote!(#name)
}

fn refused(rust: &Type, message: String, help: &str) -> syn::Error {
    syn::Error::new_spanned(rust, format!("{message}\nhelp: {help}"))
}

/// A type reads well without the blanks that tokens are shown with.
fn shown(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str) -> Result<String, String> {
        let input = format!("struct Context<'a> {{ {fields} }}");
        let context = context(&syn::parse_str(&input).unwrap());
        if let Some(error) = context.error {
            let lines = error.into_iter().map(|error| error.to_string());
            return Err(lines.collect::<Vec<_>>().join("\n"));
        }
        let shown = context.settings.into_iter().map(|setting| {
            let optional = if setting.required { "" } else { "?" };
            format!("{}{optional}: {}", setting.name, shown(&setting.sql_type))
        });
        Ok(shown.collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn settings_of_fields() {
        let check = |fields, expected: &str| assert_eq!(read(fields).as_deref(), Ok(expected));
        check(
            "username: String, b: Option<&'a str>",
            "username: Text, b?: Text",
        );
        check(
            "a: Cow<'a, str>, b: Option<uuid::Uuid>",
            "a: Text, b?: Uuid",
        );
        check(
            "a: i16, b: i32, c: i64, d: bool",
            "a: SmallInt, b: Integer, c: BigInt, d: Bool",
        );
        check("a: f32, b: f64, c: Value", "a: Float, b: Double, c: Jsonb");
        check(
            "a: DateTime<Utc>, b: DateTime<FixedOffset>",
            "a: Timestamptz, b: Timestamptz",
        );
        check(
            "a: OffsetDateTime, r#type: String",
            "a: Timestamptz, r#type: Text",
        );
        check(
            "#[audit(sql_type = Int8)] a: Id, #[audit(skip)] b: Id",
            "a: Int8",
        );
        check(
            "#[audit(sql_type = Nullable<Text>)] a: Option<Id>",
            "a?: Text",
        );
        check(
            "#[audit(sql_type = diesel::sql_types::Json)] a: &'a str",
            "a: Json",
        );
        check("#[audit(sql_type = Text)] a: NaiveDateTime", "a: Text");
    }

    #[test]
    fn what_no_setting_can_be() {
        let check = |fields, expected: &str| {
            let error = read(fields).unwrap_err();
            assert!(error.starts_with(expected), "{fields}: {error}");
        };
        let no_instant = |of| format!("a `{of}` does not tell PostgreSQL which instant it is");
        check("a: Vec<u8>", "a session setting cannot be a `Vec<u8>`");
        check("a: u32", "a session setting cannot be a `u32`");
        check(
            "a: Option<Vec<String>>",
            "a session setting cannot be a `Vec<String>`",
        );
        check(
            "a: BigDecimal",
            "a session setting cannot be a `BigDecimal`",
        );
        check("a: TenantId", "the SQL type of `TenantId` is not known");
        check("a: NaiveDateTime", &no_instant("NaiveDateTime"));
        check("a: SystemTime", &no_instant("SystemTime"));
        check("a: DateTime<Tz>", &no_instant("DateTime<Tz>"));
        check("a: &'a DateTime<Tz>", &no_instant("&'aDateTime<Tz>"));
        check(
            "#[audit(sql_type = Timestamptz)] a: NaiveDate",
            &no_instant("NaiveDate"),
        );
        check(
            "#[audit(sql_type = own::Text)] a: Id",
            "a session setting cannot have the SQL type `own::Text`",
        );
        check(
            "#[audit(sql_type = Inet)] a: Id",
            "a session setting cannot have the SQL type `Inet`",
        );
        check(
            "#[audit(sql_tipe = Text)] a: Id",
            "unknown word `sql_tipe`, did you mean `sql_type`?",
        );
        check(
            "userName: String",
            "`userName` cannot be the name of a session setting",
        );
        check(
            "session: String",
            "`session` cannot be the name of a session setting",
        );
        check(
            "operation: String",
            "the session setting `operation` would be stored as",
        );
        check(
            "#[audit(skip)] a: String",
            "a context without a session setting says nothing",
        );
    }
}
