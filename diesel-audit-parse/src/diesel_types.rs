//! The names of `diesel::sql_types`.

use proc_macro2::Ident;
use syn::{Type, TypePath};

use super::sql_type::plain;

/// The last name of a path, if the path is one of `diesel::sql_types`: a name
/// of that module that stands alone, or one with the module in front. Any other
/// path is the user's own.
pub fn name(sql_type: &Type) -> Option<&Ident> {
    let Type::Path(TypePath { qself: None, path }) = plain(sql_type) else {
        return None;
    };
    let segments: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
    let name = match segments[..] {
        [name] if path.leading_colon.is_none() => name,
        [diesel, sql_types, name] if diesel == "diesel" && sql_types == "sql_types" => name,
        _ => return None,
    };
    DIESEL_NAMES.contains(&&*name.to_string()).then_some(name)
}

/// The types of session settings, with their other names.
pub(super) const SETTING_TYPES: &[&str] = &[
    "Text",
    "VarChar",
    "Varchar",
    "Bool",
    "SmallInt",
    "Smallint",
    "Int2",
    "Integer",
    "Int4",
    "BigInt",
    "Bigint",
    "Int8",
    "Float",
    "Float4",
    "Double",
    "Float8",
    "Timestamptz",
    "Uuid",
    "Json",
    "Jsonb",
];

pub(super) const DIESEL_NAMES: &[&str] = &[
    "Array",
    "BigInt",
    "BigSerial",
    "Bigint",
    "Binary",
    "Bit",
    "Blob",
    "Bool",
    "Bpchar",
    "Bytea",
    "CChar",
    "Char",
    "Cidr",
    "Citext",
    "Date",
    "Datemultirange",
    "Daterange",
    "Decimal",
    "Double",
    "Float",
    "Float4",
    "Float8",
    "Inet",
    "Int2",
    "Int4",
    "Int4multirange",
    "Int4range",
    "Int8",
    "Int8multirange",
    "Int8range",
    "Integer",
    "Interval",
    "Json",
    "Jsonb",
    "MacAddr",
    "MacAddr8",
    "Macaddr",
    "Macaddr8",
    "Money",
    "Multirange",
    "Nullable",
    "Numeric",
    "Nummultirange",
    "Numrange",
    "Oid",
    "PgLsn",
    "Range",
    "Serial",
    "SmallInt",
    "SmallSerial",
    "Smallint",
    "Text",
    "Time",
    "Timestamp",
    "Timestamptz",
    "Tsmultirange",
    "Tsrange",
    "Tstzmultirange",
    "Tstzrange",
    "Uuid",
    "VarChar",
    "Varchar",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_diesel() {
        let name = |sql: &str| {
            let sql: Type = syn::parse_str(sql).unwrap();
            self::super::name(&sql).map(ToString::to_string)
        };
        assert_eq!(name("Array<Text>").as_deref(), Some("Array"));
        assert_eq!(name("::diesel::sql_types::Text").as_deref(), Some("Text"));
        assert_eq!(name("diesel::sql_types::Citext").as_deref(), Some("Citext"));
        for own in [
            "Plan",
            "sql_types::Text",
            "::Text",
            "crate::Text",
            "diesel::sql_types::Plan",
        ] {
            assert_eq!(name(own), None, "{own}");
        }
    }

    #[test]
    fn settings_have_types_of_diesel() {
        assert!(SETTING_TYPES.iter().all(|name| DIESEL_NAMES.contains(name)));
    }
}
