//! Which SQL type a field has, by the name of its Rust type.
//!
//! `table!` takes no projected type such as "the type of `users::id`, made
//! nullable", so a derive has to name the SQL type. A wrong guess does no
//! harm: the generated code compares it with the column's own type.

use syn::{
    Expr, ExprLit, GenericArgument, Ident, Lit, PathArguments, PathSegment, Type, parse_quote,
};

/// The SQL type of a Rust type, without nullability, or nothing for a type
/// that is not known.
pub(super) fn of(rust: &Type) -> Option<Type> {
    match plain(rust) {
        Type::Reference(reference) => match plain(&reference.elem) {
            Type::Slice(slice) => of_elements(&slice.elem),
            elem => of(elem),
        },
        Type::Tuple(tuple) => {
            let [from, to] = [tuple.elems.first()?, tuple.elems.get(1)?].map(bound);
            (tuple.elems.len() == 2 && from? == to?).then_some(())?;
            let element = of(from?)?;
            Some(parse_quote!(Range<#element>))
        }
        Type::Array(array) if is_byte(&array.elem) => match &array.len {
            Expr::Lit(ExprLit {
                lit: Lit::Int(len), ..
            }) => match len.base10_digits() {
                "6" => Some(parse_quote!(MacAddr)),
                "8" => Some(parse_quote!(MacAddr8)),
                _ => None,
            },
            _ => None,
        },
        Type::Path(path) => of_path(path.path.segments.last()?),
        _ => None,
    }
}

fn of_path(last: &PathSegment) -> Option<Type> {
    let name = last.ident.to_string();
    match name.as_str() {
        "Option" | "Cow" | "Box" => of(argument(last)?),
        "Vec" => of_elements(argument(last)?),
        _ => {
            let (_, sql) = RUST_TYPES.iter().find(|(rust, _)| *rust == name)?;
            syn::parse_str(sql).ok()
        }
    }
}

/// Rust types by their last name; Diesel's documentation of `sql_types` lists
/// which of them read which type.
/// <https://docs.diesel.rs/2.3.x/diesel/sql_types/index.html>
const RUST_TYPES: &[(&str, &str)] = &[
    ("bool", "Bool"),
    ("i16", "SmallInt"),
    ("i32", "Integer"),
    ("i64", "BigInt"),
    ("u32", "Oid"),
    ("f32", "Float"),
    ("f64", "Double"),
    ("str", "Text"),
    ("String", "Text"),
    ("NaiveDateTime", "Timestamp"),
    ("PrimitiveDateTime", "Timestamp"),
    ("SystemTime", "Timestamp"),
    ("PgTimestamp", "Timestamp"),
    ("DateTime", "Timestamptz"),
    ("OffsetDateTime", "Timestamptz"),
    ("NaiveDate", "Date"),
    ("Date", "Date"),
    ("PgDate", "Date"),
    ("NaiveTime", "Time"),
    ("Time", "Time"),
    ("PgTime", "Time"),
    ("PgInterval", "Interval"),
    ("Uuid", "Uuid"),
    ("Value", "Jsonb"),
    ("BigDecimal", "Numeric"),
    ("PgNumeric", "Numeric"),
    ("PgMoney", "Money"),
    ("Cents", "Money"),
    ("IpNetwork", "Inet"),
    ("IpNet", "Inet"),
    ("PgLsn", "PgLsn"),
];

fn of_elements(element: &Type) -> Option<Type> {
    let element = plain(element);
    if is_byte(element) {
        return Some(parse_quote!(Binary));
    }
    let sql = of(element)?;
    Some(match optional(element) {
        Some(_) => parse_quote!(Array<Nullable<#sql>>),
        None => parse_quote!(Array<#sql>),
    })
}

fn is_byte(rust: &Type) -> bool {
    let last = match plain(rust) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    last.is_some_and(|last| last.ident == "u8")
}

/// The SQL type that somebody may have to write for a type that is not known,
/// with the modules of `diesel print-schema`.
pub(super) fn example(rust: &Type) -> String {
    let last = match optional(rust).map_or(plain(rust), plain) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    match (last, last.and_then(argument)) {
        (Some(last), Some(element)) if last.ident == "Vec" => match optional(element) {
            Some(element) => format!("Array<Nullable<{}>>", example(element)),
            None => format!("Array<{}>", example(element)),
        },
        (Some(last), _) if last.ident.to_string().starts_with(char::is_uppercase) => {
            format!("crate::schema::sql_types::{}", last.ident)
        }
        _ => "..".to_owned(),
    }
}

/// What a row has for a field of this type: itself, or the owned form of what
/// is borrowed.
pub(super) fn owned(rust: &Type) -> Type {
    let owned_form = |borrowed: &Type| match plain(borrowed) {
        Type::Path(path) if path.path.is_ident("str") => Some(parse_quote!(::std::string::String)),
        Type::Slice(slice) => {
            let elem = &slice.elem;
            Some(parse_quote!(::std::vec::Vec<#elem>))
        }
        _ => None,
    };
    let borrowed = match plain(rust) {
        Type::Reference(reference) => Some(&*reference.elem),
        Type::Path(path) => path
            .path
            .segments
            .last()
            .filter(|last| last.ident == "Cow" || last.ident == "Box")
            .and_then(argument),
        _ => None,
    };
    borrowed
        .and_then(owned_form)
        .unwrap_or_else(|| rust.clone())
}

/// The `T` of `Option<T>`.
pub(super) fn optional(rust: &Type) -> Option<&Type> {
    match plain(rust) {
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            (last.ident == "Option").then(|| argument(last))?
        }
        _ => None,
    }
}

/// The `T` of `Nullable<T>`.
pub(super) fn nullable(sql: &Type) -> Option<&Type> {
    match plain(sql) {
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            (last.ident == "Nullable").then(|| argument(last))?
        }
        _ => None,
    }
}

/// The last name of `T` in `Name<T>`, which may be borrowed.
pub(super) fn parameter(rust: &Type) -> Option<&Ident> {
    let last = |rust| match plain(rust) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    match plain(rust) {
        Type::Reference(reference) => parameter(&reference.elem),
        rust => last(argument(last(rust)?)?).map(|last| &last.ident),
    }
}

fn bound(rust: &Type) -> Option<&Type> {
    match plain(rust) {
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            (last.ident == "Bound").then(|| argument(last))?
        }
        _ => None,
    }
}

fn argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    })
}

/// The type without parentheses and the invisible groups of macros.
pub(super) fn plain(rust: &Type) -> &Type {
    match rust {
        Type::Group(group) => plain(&group.elem),
        Type::Paren(paren) => plain(&paren.elem),
        _ => rust,
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::super::diesel_types;
    use super::*;

    #[test]
    fn rust_types_and_their_sql_types() {
        let check = |rust: &str, sql: Option<&str>| {
            let rust: Type = syn::parse_str(rust).unwrap();
            let expected = sql.map(|sql| syn::parse_str::<Type>(sql).unwrap());
            assert_eq!(of(&rust), expected, "{}", rust.to_token_stream());
        };
        check("bool", Some("Bool"));
        check("Option<i64>", Some("BigInt"));
        check("std::string::String", Some("Text"));
        check("&'static str", Some("Text"));
        check("std::borrow::Cow<'static, str>", Some("Text"));
        check("Box<str>", Some("Text"));
        check("Vec<u8>", Some("Binary"));
        check("std::vec::Vec<std::primitive::u8>", Some("Binary"));
        check("&'static [u8]", Some("Binary"));
        check("Vec<Vec<u8>>", Some("Array<Binary>"));
        check("Option<Vec<Option<String>>>", Some("Array<Nullable<Text>>"));
        check("chrono::DateTime<chrono::Utc>", Some("Timestamptz"));
        check("(Bound<i32>, Bound<i32>)", Some("Range<Integer>"));
        check("(Bound<i32>, Bound<i64>)", None);
        check("(i32, i32)", None);
        check("[u8; 6]", Some("MacAddr"));
        check("[u8; 5]", None);
        check("Plan", None);
        check("Vec<Plan>", None);
        check("u64", None);
    }

    #[test]
    fn examples() {
        let shown = |rust: &str| example(&syn::parse_str(rust).unwrap());
        assert_eq!(shown("Option<a::Plan>"), "crate::schema::sql_types::Plan");
        assert_eq!(
            shown("Vec<Option<Plan>>"),
            "Array<Nullable<crate::schema::sql_types::Plan>>"
        );
        assert_eq!(shown("u64"), "..");
    }

    #[test]
    fn every_known_type_is_diesels() {
        for (rust, sql) in RUST_TYPES {
            let sql = syn::parse_str(sql).unwrap();
            assert!(diesel_types::name(&sql).is_some(), "{rust}");
        }
    }

    #[test]
    fn rows_own_what_models_borrow() {
        let check = |rust: &str, expected: &str| {
            let rust: Type = syn::parse_str(rust).unwrap();
            assert_eq!(owned(&rust), syn::parse_str::<Type>(expected).unwrap());
        };
        check("&'static str", "::std::string::String");
        check("Cow<'static, str>", "::std::string::String");
        check("&'static [u8]", "::std::vec::Vec<u8>");
        check("Box<Plan>", "Box<Plan>");
        check("Option<String>", "Option<String>");
    }
}
