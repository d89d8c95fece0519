//! Settings that are missing, not valid, or left over from somebody else.

use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditContext};
use diesel_audit_model::{AuditedTable, ContextScope, Policy};
use diesel_audit_sql::refusal::Refusal;

use super::{Items, items};
use crate::support::{
    ALICE, ALICE_FOR_SESSION, Refused, also, attempt, count, describe, install, may_make_roles,
    operations, public, run, run_as_alice, texts,
};

pub(super) const INSERT: &str = "INSERT INTO item SELECT coalesce(max(id), 0) + 1, 'x' FROM item";

/// The marker of `audited`, without any setting.
pub(super) const MARKER: &str =
    "SELECT set_config('audit.context', extract(epoch FROM now())::text || ' tx ', true)";

/// That refusal, and nothing written.
pub(super) fn refused(conn: &mut PgConnection, context: &str, refusal: Refusal) -> Box<Refused> {
    let before = count(conn, "SELECT count(*) FROM item");
    let refused = attempt(conn, context, INSERT).expect_err(context);
    assert!(refused.is(refusal), "{refused:?}, after {context}");
    assert_eq!((&*refused.schema, &*refused.table), ("public", "item"));
    assert_eq!(count(conn, "SELECT count(*) FROM item"), before);
    refused
}

fn set(name: &str, value: &str) -> String {
    format!("{ALICE}; {}", also(name, value))
}

#[test]
fn a_required_setting_that_is_missing_is_named() {
    let mut items = items();
    let conn = &mut items.conn;
    let missing = |conn: &mut PgConnection, context: &str| {
        let refused = refused(conn, context, Refusal::SettingMissing);
        assert_eq!(refused.column, "audit_username");
        assert!(refused.message.contains("audit.username"), "{refused:?}");
    };
    missing(conn, "");
    missing(conn, MARKER);
    run_as_alice(conn, INSERT);
    // The session now reads the empty string, where it read NULL before.
    missing(conn, "");
    missing(conn, MARKER);
    for blank in ["''", "' '", "E'\\t'", "E' \\r\\n\\f\\x0b '"] {
        missing(conn, &set("username", blank));
    }
}

#[test]
fn a_write_without_any_rows_needs_no_setting() {
    let mut items = items();
    let conn = &mut items.conn;
    assert_eq!(
        attempt(conn, "", "UPDATE item SET v = 'x' WHERE false"),
        Ok(())
    );
}

#[test]
fn truncate_needs_the_setting_too() {
    let mut items = items();
    let conn = &mut items.conn;
    run_as_alice(conn, INSERT);
    let refused = attempt(conn, "", "TRUNCATE item").expect_err("refused");
    assert!(refused.is(Refusal::SettingMissing), "{refused:?}");
    assert_eq!(count(conn, "SELECT count(*) FROM item"), 1);
}

#[test]
fn an_optional_setting_is_null_on_a_fresh_and_a_used_connection() {
    let mut items = items();
    let conn = &mut items.conn;
    let id = "'00000000-0000-0000-0000-00000000002a'";
    for context in [
        ALICE.to_owned(),
        set("request_id", id),
        ALICE.to_owned(),
        set("request_id", "''"),
    ] {
        assert_eq!(attempt(conn, &context, INSERT), Ok(()), "{context}");
    }
    let requests = texts(
        conn,
        "SELECT audit_request_id::text FROM audit.item_audit ORDER BY audit_id",
    );
    assert_eq!(
        requests,
        [None, Some(id.trim_matches('\'').to_owned()), None, None]
    );
}

#[test]
fn a_value_of_another_type_is_refused_by_its_name() {
    let mut items = items();
    let conn = &mut items.conn;
    for garbage in [
        "'not-a-uuid'",
        "' '",
        "'00000000-0000-0000-0000-00000000002'",
    ] {
        let refused = refused(conn, &set("request_id", garbage), Refusal::SettingInvalid);
        assert_eq!(refused.column, "audit_request_id");
    }
}

#[test]
fn a_value_may_have_1024_bytes() {
    let mut items = items();
    let conn = &mut items.conn;
    for (value, bytes) in [("repeat('x', 1024)", 1024), ("repeat('é', 512)", 1024)] {
        assert_eq!(attempt(conn, &set("username", value), INSERT), Ok(()));
        let stored = format!(
            "SELECT count(*) FROM audit.item_audit WHERE octet_length(audit_username) = {bytes} AND audit_username = {value}"
        );
        assert_eq!(count(conn, &stored), 1, "{value}");
    }
    for (name, value) in [
        ("username", "repeat('x', 1025)"),
        ("username", "repeat('é', 512) || 'x'"),
        ("request_id", "repeat('x', 1025)"),
    ] {
        let refused = refused(conn, &set(name, value), Refusal::SettingInvalid);
        assert_eq!(refused.column, format!("audit_{name}"));
    }
}

/// What does not fit, and what does, by a context and by the trigger.
#[test]
fn a_model_may_take_longer_values() {
    let mut items = items();
    let conn = &mut items.conn;
    let long = |bytes| set("username", &format!("repeat('x', {bytes})"));
    let refused_by = |conn: &mut PgConnection, bytes, limit: &str| {
        let refused = refused(conn, &long(bytes), Refusal::SettingInvalid);
        assert_eq!(refused.column, "audit_username");
        assert!(refused.message.contains(limit), "{refused:?}");
    };
    refused_by(conn, 3_000, "longer than 1024 bytes");
    let table = AuditedTable {
        policy: Policy {
            max_value_bytes: 4096,
            ..Policy::DEFAULT
        },
        ..describe(conn, public("item"))
    };
    install(conn, &table);
    refused_by(conn, 4_097, "longer than 4096 bytes");
    let value = "é\\'".repeat(750);
    assert!(AuditContext::new().set("username", &value).is_err());
    let context = AuditContext::new().with_max_value_bytes(4096);
    let context = context.set("username", &value).expect("3,000 bytes");
    conn.audited(&context, |conn| diesel::sql_query(INSERT).execute(conn))
        .expect("stored");
    let stored = texts(conn, "SELECT audit_username FROM audit.item_audit");
    assert_eq!(stored, [Some(value)]);
    assert_eq!(attempt(conn, &long(4096), INSERT), Ok(()));
}

#[test]
fn values_are_stored_as_they_are() {
    let mut items = items();
    let conn = &mut items.conn;
    // The letter v is in PostgreSQL's strings what `\v` of other languages comes to.
    let values = [
        "v",
        "O''Brien",
        "x''; DROP TABLE item; --",
        " leading",
        "a\"b$1%s",
        "e\u{301} 😀 \u{202e}rtl",
        "two\nlines",
    ];
    for value in values {
        assert_eq!(
            attempt(conn, &set("username", &format!("'{value}'")), INSERT),
            Ok(()),
            "{value}"
        );
    }
    let stored = texts(
        conn,
        "SELECT audit_username FROM audit.item_audit ORDER BY audit_id",
    );
    let expected: Vec<Option<String>> = values
        .iter()
        .map(|value| Some(value.replace("''", "'")))
        .collect();
    assert_eq!(stored, expected);
}

#[test]
fn what_another_transaction_or_checkout_has_set_is_stale() {
    let mut items = items();
    let conn = &mut items.conn;
    let stale = [
        // Without a marker, or with one that is empty.
        "SELECT set_config('audit.username', 'mallory', true)",
        "SELECT set_config('audit.username', 'mallory', true), set_config('audit.context', '', true)",
        // Of another backend, and of another time, however the session shows numbers.
        "SELECT set_config('audit.username', 'mallory', true), set_config('audit.context', to_hex(pg_backend_pid() + 1) || ' session <username:text>', true)",
        "SELECT set_config('audit.username', 'mallory', true), set_config('audit.context', extract(epoch FROM now() - interval '1 microsecond')::text || ' tx <username:text>', true)",
        "SET LOCAL extra_float_digits = -15; SELECT set_config('audit.username', 'mallory', true), \
             set_config('audit.context', extract(epoch FROM now() - interval '1 second')::text || ' tx <username:text>', true)",
        // Of this transaction and of this session, with the names of other settings.
        "SELECT set_config('audit.username', 'mallory', true), set_config('audit.context', extract(epoch FROM now())::text || ' tx ', true)",
        "SELECT set_config('audit.username', 'mallory', true), set_config('audit.context', extract(epoch FROM now())::text || ' tx <request_id:text><username2:text><a_username:text>', true)",
        "SELECT set_config('audit.username', 'mallory', true), set_config('audit.context', to_hex(pg_backend_pid()) || ' session <request_id:text>', true)",
        // Half a mark, or half a name.
        "SELECT set_config('audit.username', 'mallory', true), set_config('audit.context', extract(epoch FROM now())::text || '1 tx <username:text>', true)",
        "SELECT set_config('audit.username', 'mallory', true), set_config('audit.context', to_hex(pg_backend_pid()) || '1 session <username:text>', true)",
        "SELECT set_config('audit.username', 'mallory', true), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username', true)",
        // The marker of the transaction wins, as a whole.
        "SELECT set_config('audit.username', 'mallory', true), set_config('audit.context', to_hex(pg_backend_pid()) || ' session <username:text>', true), \
             set_config('audit.context', extract(epoch FROM now())::text || ' tx <request_id:text>', true)",
    ];
    for context in stale {
        refused(conn, context, Refusal::ContextStale);
    }
    // Kept by the session after the end of the transaction that it was for.
    run(
        conn,
        "SELECT set_config('audit.username', 'mallory', false), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', false)",
    );
    refused(conn, "", Refusal::ContextStale);
}

/// Wherever its value is from, and whether it would be one of its type.
#[test]
fn an_optional_setting_that_the_marker_does_not_name_is_absent() {
    let mut items = items();
    let conn = &mut items.conn;
    run(conn, ALICE_FOR_SESSION);
    let left_over = [
        "SET audit.request_id = '44444444-4444-4444-4444-444444444444'",
        "SET audit.request_id = 'no uuid'",
        "SELECT set_config('audit.request_id', repeat('x', 2000), false)",
        "RESET audit.request_id",
    ];
    for left_over in left_over {
        run(conn, left_over);
        for context in ["", ALICE] {
            assert_eq!(attempt(conn, context, INSERT), Ok(()), "{left_over}");
        }
    }
    let recorded =
        "SELECT DISTINCT concat_ws(' ', audit_username, audit_request_id) FROM audit.item_audit";
    assert_eq!(texts(conn, recorded), [Some("alice".to_owned())]);
    assert_eq!(
        operations(conn, &items.table),
        "I".repeat(2 * left_over.len())
    );
    // Alone it is no context of a model that requires a name.
    run(conn, "RESET ALL");
    let alone = "SELECT set_config('audit.request_id', gen_random_uuid()::text, true)";
    refused(conn, alone, Refusal::SettingMissing);
}

/// Its value is the database's own, like one that any statement sets in a scope:
/// the marker says which settings have a value, not where each comes from.
#[test]
fn a_function_that_sets_a_setting_counts_only_within_a_context() {
    let mut items = items();
    let conn = &mut items.conn;
    run(
        conn,
        &format!(
            "CREATE FUNCTION write() RETURNS void LANGUAGE sql SET audit.username = 'function' AS $$ {INSERT} $$"
        ),
    );
    let called = attempt(conn, "", "SELECT write()").expect_err("no context");
    assert!(called.is(Refusal::ContextStale), "{called:?}");
    assert_eq!(attempt(conn, ALICE, "SELECT write()"), Ok(()));
    let by = "SELECT string_agg(audit_username, ',') FROM audit.item_audit";
    assert_eq!(texts(conn, by), [Some("function".to_owned())]);
}

#[test]
fn a_context_holds_however_the_session_shows_numbers_and_times() {
    let mut items = items();
    let conn = &mut items.conn;
    for odd in [
        "SET extra_float_digits = -15",
        "SET datestyle = 'SQL, DMY'",
        "SET timezone = 'Asia/Kolkata'",
        "SET intervalstyle = 'iso_8601'",
    ] {
        run(conn, odd);
        assert_eq!(attempt(conn, ALICE, INSERT), Ok(()), "{odd}");
    }
    run(conn, ALICE_FOR_SESSION);
    assert_eq!(attempt(conn, "", INSERT), Ok(()));
}

/// A required setting is refused, and an optional one beside a context is absent.
#[test]
fn defaults_of_the_database_and_the_connection_are_nobodys() {
    let Items {
        database, mut conn, ..
    } = items();
    let options = "-c audit.username=mallory -c audit.context=1\\ session\\ <username:text> \
                   -c audit.request_id=11111111-1111-1111-1111-111111111111";
    let options = options
        .replace('\\', "%5C")
        .replace(' ', "%20")
        .replace('=', "%3D");
    let separator = if database.url().contains('?') {
        "&"
    } else {
        "?"
    };
    let url = format!("{}{separator}options={options}", database.url());
    let mut given = PgConnection::establish(&url).expect("a connection");
    nobodys(&mut given);

    // Only a superuser may give a database a default for a setting that nobody has declared.
    if !may_make_roles(&mut conn) {
        return;
    }
    let name = database.name();
    run(
        &mut conn,
        &format!(
            "ALTER DATABASE {name} SET audit.username = 'mallory'; ALTER DATABASE {name} SET audit.context = '1 tx <username:text>';
             ALTER DATABASE {name} SET audit.request_id = '11111111-1111-1111-1111-111111111111'"
        ),
    );
    nobodys(&mut database.connect());
}

/// The defaults of a session are no context, beside one neither, and afterwards
/// as before.
fn nobodys(conn: &mut PgConnection) {
    let default = "SELECT current_setting('audit.username') || current_setting('audit.request_id')";
    let default = texts(conn, default).remove(0).expect("a default");
    assert!(default.starts_with("mallory1111"), "{default}");
    refused(conn, "", Refusal::ContextStale);
    assert_eq!(attempt(conn, ALICE, INSERT), Ok(()));
    let last = "SELECT concat_ws(' ', audit_username, audit_request_id) FROM audit.item_audit ORDER BY audit_id DESC LIMIT 1";
    assert_eq!(texts(conn, last), [Some("alice".to_owned())]);
    refused(conn, "", Refusal::ContextStale);
}

#[test]
fn a_context_counts_when_it_was_set_by_the_transaction_and_ends_with_it() {
    let mut items = items();
    let conn = &mut items.conn;
    run(
        conn,
        &format!("BEGIN; {ALICE}; SAVEPOINT s; {INSERT}; ROLLBACK TO s; {INSERT}; COMMIT"),
    );
    refused(conn, "", Refusal::SettingMissing);
    run(conn, &format!("BEGIN; {ALICE}; ROLLBACK"));
    refused(conn, "", Refusal::SettingMissing);
    assert_eq!(count(conn, "SELECT count(*) FROM audit.item_audit"), 1);
}

/// A procedure that commits goes on without the context of its first half.
#[test]
fn a_commit_inside_a_block_ends_the_context() {
    let mut items = items();
    let conn = &mut items.conn;
    let block = "DO $$ BEGIN
             PERFORM set_config('audit.username', 'alice', true), set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true);
             INSERT INTO item VALUES (1, 'first half'); COMMIT; INSERT INTO item VALUES (2, 'second half');
         END $$";
    let error = diesel::sql_query(block).execute(conn).expect_err("refused");
    assert!(error.to_string().contains("audit.username"), "{error}");
    let rows = texts(
        conn,
        "SELECT v FROM item JOIN audit.item_audit USING (id, v)",
    );
    assert_eq!(rows, [Some("first half".to_owned())]);
    assert_eq!(count(conn, "SELECT count(*) FROM item"), 1);
}

#[test]
fn without_settings_no_context_is_needed() {
    let mut items = items();
    let conn = &mut items.conn;
    run(conn, "CREATE TABLE free (id integer PRIMARY KEY)");
    let table = AuditedTable {
        settings: Vec::new(),
        ..describe(conn, public("free"))
    };
    install(conn, &table);
    assert_eq!(attempt(conn, "", "INSERT INTO free VALUES (1)"), Ok(()));
    assert_eq!(count(conn, "SELECT count(*) FROM audit.free_audit"), 1);
}

/// A checkout's context may be somebody else's behind a pooler.
#[test]
fn only_a_context_of_the_transaction() {
    let mut items = items();
    let conn = &mut items.conn;
    let table = AuditedTable {
        policy: Policy {
            context: ContextScope::Transaction,
            ..Policy::DEFAULT
        },
        ..describe(conn, public("item"))
    };
    install(conn, &table);
    let stale = |conn: &mut PgConnection, context: &str| {
        let refused = refused(conn, context, Refusal::ContextStale);
        assert!(
            refused.message.contains("not set by this transaction"),
            "{refused:?}"
        );
    };
    run(conn, ALICE_FOR_SESSION);
    stale(conn, "");
    stale(conn, "SELECT set_config('audit.username', 'bob', true)");
    // The session's settings stay what they are, but the marker says whose they are.
    run_as_alice(conn, INSERT);
    stale(conn, "");
    run(conn, "SELECT set_config('audit.username', '', false)");
    refused(conn, "", Refusal::SettingMissing);
    refused(conn, MARKER, Refusal::SettingMissing);
    assert_eq!(operations(conn, &table), "I");
    // An optional one of the session is absent.
    let request = "SELECT set_config('audit.request_id', gen_random_uuid()::text, false), \
         set_config('audit.context', to_hex(pg_backend_pid()) || ' session <request_id:text>', false)";
    run(conn, request);
    assert_eq!(attempt(conn, ALICE, INSERT), Ok(()));
    let requests = "SELECT count(audit_request_id) FROM audit.item_audit";
    assert_eq!(count(conn, requests), 0);
}
