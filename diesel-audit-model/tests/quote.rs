//! What is quoted reads back as what it was, by PostgreSQL's lexical rules.
#![allow(missing_docs)]

use diesel_audit_model::{names, quote};
use proptest::prelude::*;

proptest! {
    #[test]
    fn an_identifier_reads_back(name in "[^\\x00]{1,40}") {
        let quoted = quote::identifier(&name);
        let Some(inner) = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')) else {
            let is_plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_');
            prop_assert!(name.bytes().all(is_plain) && !name.as_bytes()[0].is_ascii_digit());
            prop_assert!(!quote::KEY_WORDS.contains(&&*name));
            prop_assert_eq!(quoted, name);
            return Ok(());
        };
        prop_assert_eq!(inner.replace("\"\"", ""), inner.replace('"', ""), "every quote is doubled");
        prop_assert_eq!(inner.replace("\"\"", "\""), name);
    }

    #[test]
    fn a_literal_reads_back(text in "[^\\x00]{0,40}") {
        let quoted = quote::literal(&text);
        prop_assert_eq!(read_literal(&quoted), Some(text));
    }

    #[test]
    fn a_body_holds_no_end_of_itself(body in "([$]|audit|[0-9]|.){0,60}") {
        let quoted = quote::dollar(&body);
        let tag_end = quoted[1..].find('$').unwrap() + 2;
        let tag = &quoted[..tag_end];
        let inner = &quoted[tag.len()..quoted.len() - tag.len()];
        prop_assert_eq!(inner, body);
        prop_assert_eq!(quoted[tag.len()..].find(tag), Some(inner.len()));
    }

    #[test]
    fn a_cut_name_is_whole_and_short(name in ".{0,90}") {
        let cut = names::cut(&name);
        prop_assert!(cut.len() <= names::MAX_IDENTIFIER_BYTES);
        if name.len() <= names::MAX_IDENTIFIER_BYTES {
            prop_assert_eq!(&*cut, &*name);
        }
    }
}

/// Reads a literal as PostgreSQL does under either setting of
/// `standard_conforming_strings`; a backslash outside `E'..'` would depend on it.
fn read_literal(sql: &str) -> Option<String> {
    let (escapes, sql) = match sql.strip_prefix(" E'") {
        Some(rest) => (true, rest),
        None => (false, sql.strip_prefix('\'')?),
    };
    let mut text = String::new();
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' if chars.peek() == Some(&'\'') => text.push(chars.next()?),
            '\'' => return chars.next().is_none().then_some(text),
            '\\' if escapes => match chars.next()? {
                '\\' => text.push('\\'),
                _ => return None,
            },
            '\\' => return None,
            c => text.push(c),
        }
    }
    None
}
