//! PostgreSQL's types behind the names of `diesel::sql_types`, for tools that
//! read sources: derived code asks the compiler instead.

use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitInt, LitStr, Token};

use super::diesel;
use diesel_audit_model::types::PgType;

/// The type behind a name of `diesel::sql_types` that takes no parameter, or
/// nothing for a name that it does not have.
pub fn pg_type(diesel_name: &str) -> Option<PgType> {
    let (_, name) = PG_TYPES
        .iter()
        .find(|(names, _)| names.contains(&diesel_name))?;
    // The one name of Diesel's that belongs to an extension.
    if *name == "citext" {
        return Some(PgType {
            schema: None,
            name: (*name).into(),
            array: false,
        });
    }
    Some(PgType::builtin(name))
}

/// The type behind `Range<..>`, if there is one over such elements.
pub fn range_of(element: &PgType) -> Option<PgType> {
    over(element, |names| names.0)
}

/// The type behind `Multirange<..>`, if there is one over such elements.
pub fn multirange_of(element: &PgType) -> Option<PgType> {
    over(element, |names| names.1)
}

fn over(
    element: &PgType,
    which: fn((&'static str, &'static str)) -> &'static str,
) -> Option<PgType> {
    let (_, range, multirange) = RANGES
        .iter()
        .find(|(name, ..)| PgType::builtin(name) == *element)?;
    Some(PgType::builtin(which((range, multirange))))
}

/// What `#[diesel(postgres_type(..))]` says of a struct: the type, or nothing
/// in it for an object identifier that PostgreSQL does not bring along.
/// Nothing at all for a struct without the attribute, and for one that
/// Diesel's own derive refuses.
pub fn postgres_type(attributes: &[Attribute]) -> Option<Option<PgType>> {
    diesel::postgres_type(attributes).map(|words| match words {
        PostgresType::Named { name, schema } => Some(PgType {
            schema: schema.map(Into::into),
            name: name.into(),
            array: false,
        }),
        PostgresType::Fixed { oid } => PgType::from_oid(oid),
    })
}

/// The two forms of `postgres_type(..)`.
pub(super) enum PostgresType {
    Named {
        name: String,
        schema: Option<String>,
    },
    Fixed {
        oid: u32,
    },
}

impl Parse for PostgresType {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (mut name, mut schema, mut oid) = (None, None, None);
        while !input.is_empty() {
            let word: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            match word.to_string().as_str() {
                "name" => name = Some(input.parse::<LitStr>()?.value()),
                "schema" => schema = Some(input.parse::<LitStr>()?.value()),
                "oid" => oid = Some(input.parse::<LitInt>()?.base10_parse()?),
                "array_oid" => drop(input.parse::<LitInt>()?),
                _ => return Err(syn::Error::new(word.span(), "unknown word")),
            }
            input.parse::<Option<Token![,]>>()?;
        }
        match (name, oid) {
            (Some(name), None) => Ok(PostgresType::Named { name, schema }),
            (None, Some(oid)) => Ok(PostgresType::Fixed { oid }),
            _ => Err(input.error("expected `name` or `oid`")),
        }
    }
}

/// Diesel's names, several of them for some types, and the name in `pg_type`.
/// <https://docs.diesel.rs/2.3.x/diesel/sql_types/index.html>
const PG_TYPES: &[(&[&str], &str)] = &[
    (&["Bool"], "bool"),
    (&["SmallInt", "Smallint", "Int2", "SmallSerial"], "int2"),
    (&["Integer", "Int4", "Serial"], "int4"),
    (&["BigInt", "Bigint", "Int8", "BigSerial"], "int8"),
    (&["Float", "Float4"], "float4"),
    (&["Double", "Float8"], "float8"),
    (&["Numeric", "Decimal"], "numeric"),
    (&["Text", "VarChar", "Varchar", "Char", "Bpchar"], "text"),
    (&["Binary", "Blob", "Bit", "Bytea"], "bytea"),
    (&["Date"], "date"),
    (&["Interval"], "interval"),
    (&["Time"], "time"),
    (&["Timestamp"], "timestamp"),
    (&["Timestamptz"], "timestamptz"),
    (&["Json"], "json"),
    (&["Jsonb"], "jsonb"),
    (&["Oid"], "oid"),
    (&["Uuid"], "uuid"),
    (&["Money"], "money"),
    (&["MacAddr", "Macaddr"], "macaddr"),
    (&["MacAddr8", "Macaddr8"], "macaddr8"),
    (&["Inet"], "inet"),
    (&["Cidr"], "cidr"),
    (&["CChar"], "char"),
    (&["Citext"], "citext"),
    (&["PgLsn"], "pg_lsn"),
    (&["Int4range"], "int4range"),
    (&["Int8range"], "int8range"),
    (&["Numrange"], "numrange"),
    (&["Tsrange"], "tsrange"),
    (&["Tstzrange"], "tstzrange"),
    (&["Daterange"], "daterange"),
    (&["Int4multirange"], "int4multirange"),
    (&["Int8multirange"], "int8multirange"),
    (&["Nummultirange"], "nummultirange"),
    (&["Tsmultirange"], "tsmultirange"),
    (&["Tstzmultirange"], "tstzmultirange"),
    (&["Datemultirange"], "datemultirange"),
];

/// The element, its range and its multirange.
const RANGES: &[(&str, &str, &str)] = &[
    ("int4", "int4range", "int4multirange"),
    ("int8", "int8range", "int8multirange"),
    ("numeric", "numrange", "nummultirange"),
    ("timestamp", "tsrange", "tsmultirange"),
    ("timestamptz", "tstzrange", "tstzmultirange"),
    ("date", "daterange", "datemultirange"),
];

#[cfg(test)]
mod tests {
    use syn::{DeriveInput, parse_quote};

    use super::super::diesel_types::DIESEL_NAMES;
    use super::*;

    #[test]
    fn every_name_of_diesel_has_a_type() {
        for name in DIESEL_NAMES {
            let takes_a_parameter = ["Array", "Multirange", "Nullable", "Range"].contains(name);
            assert_eq!(pg_type(name).is_none(), takes_a_parameter, "{name}");
        }
    }

    #[test]
    fn ranges() {
        let of = |name| range_of(&PgType::builtin(name)).map(|range| range.to_string());
        assert_eq!(of("int4").as_deref(), Some("int4range"));
        assert_eq!(of("text"), None);
    }

    #[test]
    fn types_of_structs() {
        let of = |input: DeriveInput| {
            postgres_type(&input.attrs).map(|found| found.map(|found| found.to_string()))
        };
        let found = of(parse_quote!(
            #[diesel(postgres_type(name = "plan", schema = "shop"))]
            struct A;
        ));
        assert_eq!(found, Some(Some("shop.plan".to_owned())));
        let found = of(parse_quote!(
            #[diesel(mysql_type(name = "x"), postgres_type(oid = 3614, array_oid = 3643))]
            struct A;
        ));
        assert_eq!(found, Some(Some("tsvector".to_owned())));
        assert_eq!(
            of(parse_quote!(
                #[diesel(postgres_type(oid = 1, array_oid = 2))]
                struct A;
            )),
            Some(None)
        );
        assert_eq!(
            of(parse_quote!(
                #[diesel(table_name = a)]
                struct A;
            )),
            None
        );
    }
}
