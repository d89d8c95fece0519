//! What a context may hold: stored byte for byte, or refused before any SQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditContext, AuditError, Audited, MAX_VALUE_BYTES, install};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

diesel::table! {
    note (id) { id -> Int4 }
}

#[derive(Audited)]
#[diesel(table_name = note)]
#[audit(session_settings(said: Text))]
#[allow(dead_code)]
struct Note {
    id: i32,
}

/// Letters by their category, but drawn as nothing.
const FILLERS: [char; 4] = ['\u{115F}', '\u{1160}', '\u{3164}', '\u{FFA0}'];

/// Ten thousand, of every kind: any characters, blanks, quotes, control
/// characters, and texts about as long as may be.
#[test]
fn a_value_is_stored_as_it_is_or_refused_before_any_sql() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    conn.batch_execute("CREATE TABLE note (id int PRIMARY KEY)")
        .unwrap();
    install(conn, &[Note::audited_table().unwrap()]).unwrap();
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let value = prop_oneof![
        4 => any::<String>(),
        2 => "['\\\\\"$E%{};\\-]{1,40}",
        2 => "[\\x00-\\x20\u{a0}\u{200b}\u{2060}\u{feff}\u{3164}]{0,6}",
        1 => "[\\x01-\\x1f\\x7f]{1,10}",
        1 => "[a-zé世😀]{200,1100}",
    ];
    let conn = std::cell::RefCell::new(conn);
    let next = std::cell::Cell::new(0);
    let (stored, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(10_000)
    };
    TestRunner::new(config)
        .run(&(value, any::<bool>()), |(value, conforming)| {
            let conn = &mut **conn.borrow_mut();
            let id = next.replace(next.get() + 1);
            let set = if conforming { "on" } else { "off" };
            conn.batch_execute(&format!(
                "SET standard_conforming_strings = {set}; SET escape_string_warning = off"
            ))?;
            let before = sent.load(Ordering::Relaxed);
            let write = |conn: &mut PgConnection| {
                diesel::insert_into(note::table)
                    .values(note::id.eq(id))
                    .execute(conn)
                    .map_err(AuditError::from)
            };
            let context = AuditContext::new().set("said", &value);
            match context.and_then(|context| conn.audited(&context, write)) {
                Ok(_) => {
                    let said: Option<String> = note_audit::table
                        .filter(note_audit::id.eq(id))
                        .select(note_audit::audit_said)
                        .get_result(conn)?;
                    prop_assert_eq!(said.as_deref(), Some(&*value));
                    stored.fetch_add(1, Ordering::Relaxed);
                }
                Err(AuditError::SettingRefused { name, .. }) => {
                    prop_assert_eq!(name, "said");
                    prop_assert_eq!(sent.load(Ordering::Relaxed), before);
                    let shows_something = value
                        .chars()
                        .any(|c| c.is_alphanumeric() && !FILLERS.contains(&c));
                    let is_storable = !value.contains('\0') && value.len() <= MAX_VALUE_BYTES;
                    prop_assert!(!(shows_something && is_storable), "{value:?}");
                    refused.fetch_add(1, Ordering::Relaxed);
                }
                Err(other) => prop_assert!(false, "{value:?}: {other}"),
            }
            Ok(())
        })
        .unwrap();
    // Both happen often, or the test shows nothing.
    assert!(stored.into_inner() > 5_000);
    assert!(refused.into_inner() > 500);
}
