//! The only place where a name or a value becomes SQL text.

use std::fmt::Write;

/// An identifier in double quotes: any name, reserved words and quotes included.
///
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

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
        assert_eq!(literal("O'Brien"), "'O''Brien'");
        assert_eq!(literal("a\\'b"), " E'a\\\\''b'");
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
