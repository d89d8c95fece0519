//! PostgreSQL's types by name and by object identifier.

use std::borrow::Cow;
use std::fmt;

use crate::quote;

/// A type of PostgreSQL, by the name in its catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgType {
    /// The schema, where it has to be said; built-in types have `pg_catalog`.
    pub schema: Option<Cow<'static, str>>,
    /// The name of the type, or of the element type of an array.
    pub name: Cow<'static, str>,
    /// Whether it is the array of that type.
    pub array: bool,
}

impl PgType {
    /// A type that PostgreSQL brings along, by its name in `pg_type`, for
    /// example `int8`.
    pub const fn builtin(name: &'static str) -> PgType {
        PgType {
            schema: Some(Cow::Borrowed("pg_catalog")),
            name: Cow::Borrowed(name),
            array: false,
        }
    }

    /// The built-in type, or array of a built-in type, that has this object
    /// identifier in every PostgreSQL database.
    pub fn from_oid(oid: u32) -> Option<PgType> {
        BUILTIN.iter().find_map(|&(name, element, array)| {
            (oid == element || oid == array).then(|| PgType {
                array: oid == array,
                ..PgType::builtin(name)
            })
        })
    }

    /// The built-in type of this name, as `pg_type` or SQL spells it: `int8`
    /// and `bigint` are one.
    pub fn from_name(name: &str) -> Option<PgType> {
        BUILTIN.iter().find_map(|&(known, ..)| {
            (known == name || spelling(known) == Some(name)).then(|| PgType::builtin(known))
        })
    }

    /// As SQL that means the same under every `search_path`, unless the type is
    /// one that only a `search_path` finds.
    pub fn qualified(&self) -> String {
        let is_builtin = self.schema.as_deref() == Some("pg_catalog");
        match is_builtin && spelling(&self.name).is_none() {
            true => format!("pg_catalog.{self}"),
            false => self.to_string(),
        }
    }

    /// Whether it is PostgreSQL's `text`.
    pub fn is_text(&self) -> bool {
        *self == PgType::builtin("text")
    }
}

/// Shows the type as SQL does, for a `search_path` that begins with `pg_catalog`:
/// built-in ones stay unquoted and unqualified, so that a migration reads like one
/// that was written by hand.
impl fmt::Display for PgType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) if schema == "pg_catalog" => match spelling(&self.name) {
                Some(word) => f.write_str(word)?,
                // A name from a file may be none of PostgreSQL's.
                None if PgType::from_name(&self.name).is_none() => {
                    write!(f, "pg_catalog.{}", quote::identifier(&self.name))?;
                }
                None => f.write_str(&quote::identifier(&self.name))?,
            },
            Some(schema) => write!(
                f,
                "{}.{}",
                quote::identifier(schema),
                quote::identifier(&self.name)
            )?,
            None => f.write_str(&quote::identifier(&self.name))?,
        }
        if self.array {
            f.write_str("[]")
        } else {
            Ok(())
        }
    }
}

/// The names that belong to SQL's grammar, which no search path can redirect.
/// <https://www.postgresql.org/docs/current/datatype.html>
fn spelling(name: &str) -> Option<&'static str> {
    Some(match name {
        "bool" => "boolean",
        "int2" => "smallint",
        "int4" => "integer",
        "int8" => "bigint",
        "float4" => "real",
        "float8" => "double precision",
        "numeric" => "numeric",
        "varchar" => "character varying",
        "interval" => "interval",
        "time" => "time without time zone",
        "timetz" => "time with time zone",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        "varbit" => "bit varying",
        _ => return None,
    })
}

/// Whether each value of the one type is a value of the other, which reads the
/// same and is converted without a loss.
/// <https://www.postgresql.org/docs/current/datatype-numeric.html>
pub fn widens(from: &PgType, to: &PgType) -> bool {
    const WIDER: [(&str, &str); 7] = [
        ("int2", "int4"),
        ("int2", "int8"),
        ("int4", "int8"),
        ("int2", "numeric"),
        ("int4", "numeric"),
        ("int8", "numeric"),
        ("float4", "float8"),
    ];
    WIDER
        .iter()
        .any(|(a, b)| *from == PgType::builtin(a) && *to == PgType::builtin(b))
}

/// Name, object identifier, and that of the array, as `pg_type` of
/// PostgreSQL 15 has them. They are fixed: drivers build on them.
/// <https://www.postgresql.org/docs/current/catalog-pg-type.html>
const BUILTIN: &[(&str, u32, u32)] = &[
    ("bool", 16, 1000),
    ("bytea", 17, 1001),
    ("char", 18, 1002),
    ("name", 19, 1003),
    ("int8", 20, 1016),
    ("int2", 21, 1005),
    ("int2vector", 22, 1006),
    ("int4", 23, 1007),
    ("regproc", 24, 1008),
    ("text", 25, 1009),
    ("oid", 26, 1028),
    ("tid", 27, 1010),
    ("xid", 28, 1011),
    ("cid", 29, 1012),
    ("oidvector", 30, 1013),
    ("json", 114, 199),
    ("xml", 142, 143),
    ("point", 600, 1017),
    ("lseg", 601, 1018),
    ("path", 602, 1019),
    ("box", 603, 1020),
    ("polygon", 604, 1027),
    ("line", 628, 629),
    ("cidr", 650, 651),
    ("float4", 700, 1021),
    ("float8", 701, 1022),
    ("circle", 718, 719),
    ("macaddr8", 774, 775),
    ("money", 790, 791),
    ("macaddr", 829, 1040),
    ("inet", 869, 1041),
    ("aclitem", 1033, 1034),
    ("bpchar", 1042, 1014),
    ("varchar", 1043, 1015),
    ("date", 1082, 1182),
    ("time", 1083, 1183),
    ("timestamp", 1114, 1115),
    ("timestamptz", 1184, 1185),
    ("interval", 1186, 1187),
    ("timetz", 1266, 1270),
    ("bit", 1560, 1561),
    ("varbit", 1562, 1563),
    ("numeric", 1700, 1231),
    ("refcursor", 1790, 2201),
    ("regprocedure", 2202, 2207),
    ("regoper", 2203, 2208),
    ("regoperator", 2204, 2209),
    ("regclass", 2205, 2210),
    ("regtype", 2206, 2211),
    ("uuid", 2950, 2951),
    ("txid_snapshot", 2970, 2949),
    ("tsvector", 3614, 3643),
    ("tsquery", 3615, 3645),
    ("gtsvector", 3642, 3644),
    ("regconfig", 3734, 3735),
    ("regdictionary", 3769, 3770),
    ("pg_lsn", 3220, 3221),
    ("jsonb", 3802, 3807),
    ("int4range", 3904, 3905),
    ("numrange", 3906, 3907),
    ("tsrange", 3908, 3909),
    ("tstzrange", 3910, 3911),
    ("daterange", 3912, 3913),
    ("int8range", 3926, 3927),
    ("jsonpath", 4072, 4073),
    ("regnamespace", 4089, 4090),
    ("regrole", 4096, 4097),
    ("regcollation", 4191, 4192),
    ("int4multirange", 4451, 6150),
    ("nummultirange", 4532, 6151),
    ("tsmultirange", 4533, 6152),
    ("tstzmultirange", 4534, 6153),
    ("datemultirange", 4535, 6155),
    ("int8multirange", 4536, 6157),
    ("xid8", 5069, 271),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_by_oid() {
        let shown = |oid| PgType::from_oid(oid).map(|t| t.to_string());
        assert_eq!(shown(20).as_deref(), Some("bigint"));
        assert_eq!(shown(25).as_deref(), Some("text"));
        assert_eq!(shown(1009).as_deref(), Some("text[]"));
        assert_eq!(shown(3904).as_deref(), Some("int4range"));
        assert_eq!(shown(0), None);
    }

    #[test]
    fn a_name_from_a_file_is_quoted() {
        let hostile = PgType {
            schema: Some("pg_catalog".into()),
            name: "int8; DROP TABLE \"users\"".into(),
            array: true,
        };
        let expected = r#"pg_catalog."int8; DROP TABLE ""users"""[]"#;
        assert_eq!(hostile.to_string(), expected);
    }

    #[test]
    fn no_identifier_stands_twice() {
        let mut oids: Vec<u32> = BUILTIN.iter().flat_map(|t| [t.1, t.2]).collect();
        let all = oids.len();
        oids.sort_unstable();
        oids.dedup();
        assert_eq!(oids.len(), all);
    }
}
