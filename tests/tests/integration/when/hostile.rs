//! A text that is accepted as a condition is to PostgreSQL what it is to us: words
//! between parentheses, without an end of a statement, whatever a session takes a
//! backslash for.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit_model::condition;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// What a text is put together from: everything that begins, ends or hides a string,
/// a name or a comment, and what it could hide.
const PARTS: [&str; 42] = [
    ";", ";", "(", "(", ")", ")", "[", "]", "'", "'", "'", "\"", "\"", "$$", "$$", "$a$", "$a$",
    "$", "$1", "a", "E'", "e'", "U&'", "U&\"", "B'", "N'", "x", "1", "0x1", "1e", "\\", "\\'",
    "''", "--", "\n", "\r", "/*", "*/", "*", "/", "\u{e9}", " ",
];

#[test]
fn no_text_is_read_as_more_than_an_expression() {
    let database = audit_test_server::database();
    let conn = std::cell::RefCell::new(database.connect());
    let mut config = Config {
        failure_persistence: None,
        max_local_rejects: 10_000_000,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 4000;
    }
    let texts = prop::collection::vec(prop::sample::select(&PARTS[..]), 1..9);
    let texts = texts.prop_map(|parts| parts.concat());
    let accepted = texts.prop_filter("no condition", |text| condition::check(text).is_ok());
    TestRunner::new(config)
        .run(&accepted, |text| {
            assert_eq!(reads_more(&mut conn.borrow_mut(), &text), None, "{text:?}");
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

/// What PL/pgSQL says when its expression is over before the parenthesis is, or is
/// not over then. It splits the text into words before it asks whether they make
/// sense, and nothing more is asked here.
const MORE: [&str; 5] = [
    "mismatched parentheses",
    "missing \"THEN\"",
    "unterminated",
    "unexpected end",
    "at end of input",
];

fn reads_more(conn: &mut PgConnection, text: &str) -> Option<String> {
    ["on", "off"].into_iter().find_map(|setting| {
        let statement = format!(
            "SET standard_conforming_strings = {setting}; SET escape_string_warning = off;
             DO $body$ BEGIN IF (\n{text}\n) IS FALSE THEN NULL; END IF; END $body$"
        );
        let error = conn.batch_execute(&statement).err()?.to_string();
        let is_more = MORE.iter().any(|more| error.contains(more));
        is_more.then(|| format!("{error}, standard_conforming_strings = {setting}"))
    })
}

/// Each of these is refused, and would be seen if it were not.
#[test]
fn what_is_more_than_an_expression() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    for text in [
        "true; true",
        "true) IS FALSE THEN NULL; END IF; IF (true",
        "true)",
        "(true",
        "'",
        "true -- \r ;",
        r"'\' ; '",
        r"U&'\' ; '",
        "E'\\\\' ; '",
        "a$b$ ; $b$",
        "/* /* */",
        "$a$",
    ] {
        let more = reads_more(&mut conn, text).is_some();
        let balanced = text.contains("END IF");
        assert!(more || balanced, "{text}");
        assert!(condition::check(text).is_err(), "{text}");
    }
}
