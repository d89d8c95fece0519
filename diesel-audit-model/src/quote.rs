//! The only place where a name or a value becomes SQL text.

use std::fmt::Write;

/// An identifier, in double quotes where it needs them, by the rule of
/// PostgreSQL's `quote_ident`: any name, key words and quotes included.
///
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>
pub fn identifier(name: &str) -> String {
    if is_plain(name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

fn is_plain(name: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b == b'_';
    let mut bytes = name.bytes();
    bytes.next().is_some_and(is_letter)
        && bytes.all(|b| is_letter(b) || b.is_ascii_digit())
        && !KEY_WORDS.contains(&name)
}

/// What PL/pgSQL reserves for itself, by `pl_reserved_kwlist.h` of its sources: after
/// the name of a record, such a word is not read as a field.
pub const OF_PLPGSQL: &[&str] = &[
    "begin", "by", "declare", "execute", "foreach", "if", "loop", "strict", "while",
];

/// The key words that are not free to be names, of PostgreSQL 15 to 18, and those
/// that PL/pgSQL reserves besides ([`OF_PLPGSQL`]). A test compares them with a server's.
///
/// <https://www.postgresql.org/docs/current/sql-keywords-appendix.html>
pub const KEY_WORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "begin",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "by",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "declare",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "execute",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreach",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "if",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "loop",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "strict",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "while",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// A string literal that reads the same whatever `standard_conforming_strings`
/// says: with a backslash in it, it takes the form `E'..'`.
///
/// The text must not hold a NUL character, which no PostgreSQL string can;
/// callers refuse it first.
///
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS>
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') {
        // The blank keeps the E from joining a word before it.
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// An array of texts as a literal, `'{id,name}'`.
///
/// <https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO>
pub fn array<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| {
            let item = item.as_ref();
            let is_plain =
                |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'(' | b')');
            if !item.is_empty() && !item.eq_ignore_ascii_case("null") && item.bytes().all(is_plain)
            {
                item.to_owned()
            } else {
                format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\""))
            }
        })
        .collect();
    literal(&format!("{{{}}}", items.join(",")))
}

/// The body in dollar quotes, with a tag that does not occur in it.
///
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-DOLLAR-QUOTING>
pub fn dollar(body: &str) -> String {
    let mut tag = String::from("$audit$");
    let mut n = 0;
    // The end of the body and the start of the tag could make up the tag, too.
    while format!("{body}{tag}").find(&tag) != Some(body.len()) {
        n += 1;
        tag.clear();
        // Writing to a String cannot fail.
        let _ = write!(tag, "$audit{n}$");
    }
    format!("{tag}{body}{tag}")
}

/// The text as the rest of a `--` comment: on one line.
pub fn comment(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_literals() {
        assert_eq!(identifier("order"), "\"order\"");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        for name in ["", "1a", "Users", "a b", "é", "a$b"] {
            assert_eq!(identifier(name), format!("\"{name}\""));
        }
        assert_eq!(identifier("_users_2"), "_users_2");
        assert_eq!(literal("O'Brien"), "'O''Brien'");
        assert_eq!(literal("a\\'b"), " E'a\\\\''b'");
    }

    #[test]
    fn arrays() {
        assert_eq!(array(&["id", "audit.f()"]), "'{id,audit.f()}'");
        assert_eq!(
            array(&["a b", "NULL", "", "O'B"]),
            "'{\"a b\",\"NULL\",\"\",\"O''B\"}'"
        );
        assert_eq!(array(&["a\"\\"]), " E'{\"a\\\\\"\\\\\\\\\"}'");
    }

    #[test]
    fn a_dollar_tag_is_not_in_its_body() {
        assert_eq!(dollar("x"), "$audit$x$audit$");
        assert_eq!(
            dollar("$audit$ $audit1$"),
            "$audit2$$audit$ $audit1$$audit2$"
        );
        assert_eq!(dollar("x$audit"), "$audit1$x$audit$audit1$");
    }

    #[test]
    fn a_comment_stays_on_its_line() {
        assert_eq!(comment("a\nDROP TABLE b"), "a DROP TABLE b");
    }
}
