//! Values, and sessions, that are meant to break a context.

use std::cell::RefCell;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{
    AuditConnection, AuditContext, AuditCustomizer, AuditError, AuditPool, SettingProblem,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::{audited, current, one, pool_of_one, settings, who};

#[test]
fn a_hostile_search_path_changes_nothing() {
    let database = audit_test_server::database();
    database.connect().batch_execute(HOSTILE_SCHEMA).unwrap();
    let customizer = AuditCustomizer::new().constant("service", "shop").unwrap();
    let pool = pool_of_one(&database, customizer);
    let path = "SET search_path = evil, pg_catalog";
    {
        let conn = &mut pool.get_audited(&who("alice", None)).unwrap();
        conn.batch_execute(path).unwrap();
        assert_eq!(
            one(conn, "SELECT current_setting('audit.username', true)"),
            "ceo"
        );
        audited(conn, &who("bob", Some("ticket 1")), |conn| {
            assert_eq!(settings(conn), ["bob", "ticket 1", "transaction"]);
            assert_eq!(current(conn, "audit.service"), "shop");
            audited(conn, &who("carol", None), |conn| {
                assert_eq!(settings(conn), ["carol", "", "transaction"]);
                assert_eq!(current(conn, "audit.service"), "shop");
                Ok(())
            });
            assert_eq!(settings(conn), ["bob", "ticket 1", "transaction"]);
            conn.set_audit_context(&who("dave", None)).unwrap();
            assert_eq!(settings(conn), ["dave", "", "transaction"]);
            Ok(())
        });
    }
    let conn = &mut pool.get_audited(&who("erin", None)).unwrap();
    assert_eq!(one(conn, "SHOW search_path"), "evil, pg_catalog");
    assert_eq!(settings(conn), ["erin", "", "session"]);
}

/// Everything that our statements use, twisted.
const HOSTILE_SCHEMA: &str = "
    CREATE SCHEMA evil;
    CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text
        LANGUAGE sql AS $$ SELECT 'evil' $$;
    CREATE FUNCTION evil.current_setting(text, boolean) RETURNS text
        LANGUAGE sql AS $$ SELECT 'ceo' $$;
    CREATE FUNCTION evil.now() RETURNS timestamptz
        LANGUAGE sql AS $$ SELECT timestamptz '1999-01-01' $$;
    CREATE FUNCTION evil.statement_timestamp() RETURNS timestamptz
        LANGUAGE sql AS $$ SELECT timestamptz '1999-01-02' $$;
    CREATE FUNCTION evil.concat(numeric, text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$;
    CREATE FUNCTION evil.concat(integer, text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$;
    CREATE FUNCTION evil.concat(numeric, text, text) RETURNS text
        LANGUAGE sql AS $$ SELECT 'evil' $$;
    CREATE FUNCTION evil.starts_with(text, text) RETURNS boolean
        LANGUAGE sql AS $$ SELECT false $$;
    CREATE FUNCTION evil.strpos(text, text) RETURNS integer LANGUAGE sql AS $$ SELECT 0 $$;
    CREATE FUNCTION evil.less(integer, integer) RETURNS boolean
        LANGUAGE sql AS $$ SELECT false $$;
    CREATE OPERATOR evil.> (FUNCTION = evil.less, LEFTARG = integer, RIGHTARG = integer);
    CREATE FUNCTION evil.both(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$;
    CREATE OPERATOR evil.|| (FUNCTION = evil.both, LEFTARG = text, RIGHTARG = text);
    CREATE FUNCTION evil.pg_backend_pid() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
    CREATE FUNCTION evil.extract(text, timestamptz) RETURNS numeric
        LANGUAGE sql AS $$ SELECT 1 $$;
    CREATE FUNCTION evil.never(timestamptz, timestamptz) RETURNS boolean
        LANGUAGE sql AS $$ SELECT false $$;
    CREATE OPERATOR evil.= (FUNCTION = evil.never, LEFTARG = timestamptz, RIGHTARG = timestamptz);
    CREATE DOMAIN evil.text AS pg_catalog.text CHECK (VALUE = 'ceo');
    CREATE TABLE evil.outer_context (before pg_catalog.text[]);";

#[test]
fn values_read_back_byte_for_byte() {
    let database = audit_test_server::database();
    let pool = pool_of_one(&database, AuditCustomizer::new());
    for conforming in ["on", "off"] {
        let conn = &mut database.connect();
        conn.batch_execute(&format!(
            "SET standard_conforming_strings = {conforming}; SET escape_string_warning = off"
        ))
        .unwrap();
        for value in [
            "O'Brien",
            "a\"b",
            "a\\b'c",
            "\\",
            "\\'",
            "'; DROP TABLE x; --",
            "E'a'",
            "$1",
            "a\nb\t",
            "héllo 世界 😀",
            "\u{202e}x",
            "e\u{301}",
            "  x  ",
            "\u{1}\u{1b}",
            "%s{}",
        ] {
            round_trip(conn, &pool, value);
        }
    }
    let conn = &mut database.connect();
    conn.batch_execute("SET standard_conforming_strings = off; SET escape_string_warning = off")
        .unwrap();
    let conn = RefCell::new(conn);
    let config = ProptestConfig::with_cases(300);
    let values = prop_oneof!["\\PC{1,40}", "[^\0]{1,200}", "['\\\\\"$E ]{1,30}"];
    TestRunner::new(config)
        .run(&values, |value| {
            match AuditContext::new().set("username", &value) {
                Ok(_) => round_trip(*conn.borrow_mut(), &pool, &value),
                Err(AuditError::SettingRefused { problem, .. }) => {
                    prop_assert_eq!(problem, SettingProblem::Blank);
                    prop_assert!(!value.chars().any(char::is_alphanumeric));
                }
                Err(other) => prop_assert!(false, "{other}"),
            }
            Ok(())
        })
        .unwrap();
}

/// By each of the ways on which a value reaches the server.
fn round_trip(conn: &mut PgConnection, pool: &AuditPool, value: &str) {
    let context = who(value, None);
    audited(conn, &context, |conn| {
        assert_eq!(current(conn, "audit.username"), value);
        audited(conn, &AuditContext::new(), |conn| {
            audited(conn, &context, |conn| {
                assert_eq!(current(conn, "audit.username"), value);
                Ok(())
            });
            Ok(())
        });
        assert_eq!(current(conn, "audit.username"), value);
        Ok(())
    });
    let conn = &mut pool.get_audited(&context).unwrap();
    assert_eq!(current(conn, "audit.username"), value);
}
