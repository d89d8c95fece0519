//! Who writes, beside whom, and under which isolation.

use std::collections::BTreeSet;
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, Policy, QualifiedName};
use diesel_audit_sql::core;
use diesel_audit_tests::seals::wait_until;

use super::case::with_inner;
use super::play::{check_in, write};
use super::{everyday, returning, trail};
use crate::support::{
    ALICE, Role, describe, install, may_make_roles, operations, public, run, run_as_alice, texts,
};

#[test]
fn repeatable_read() {
    check_in(
        "SET default_transaction_isolation = 'repeatable read'",
        everyday::plain(),
    );
}

#[test]
fn serializable() {
    check_in(
        "SET default_transaction_isolation = 'serializable'",
        everyday::plain(),
    );
}

/// With plans that a session has kept from the first time.
#[test]
fn generic_plans() {
    check_in(
        "SET plan_cache_mode = force_generic_plan",
        everyday::plain(),
    );
}

/// A server that does not count what a transaction does.
#[test]
fn without_counts() {
    let mut cases = everyday::plain();
    cases.extend(returning::cases());
    check_in("SET track_counts = off", cases);
}

/// Whoever runs a function of his own within a write can change each setting, so the order
/// depends on none: those of the core are the context, and where a script goes on.
#[test]
fn no_setting_decides() {
    let names = core::INSTALL.split("'audit.").skip(1);
    let names = names.filter_map(|rest| rest.split_once('\''));
    let names: BTreeSet<&str> = names.map(|(name, _)| name).collect();
    let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let names = names
        .into_iter()
        .filter(|name| !name.is_empty() && is_name(name));
    assert_eq!(names.collect::<Vec<_>>(), ["context", "search_path"]);
}

/// The application may not read the history, and the owner of the audit may not look
/// at the rows of the source.
#[test]
fn roles_that_may_do_no_more_than_they_need() {
    let database = audit_test_server::database();
    if !may_make_roles(&mut database.connect()) {
        return;
    }
    let (owner, app) = (
        Role::create(&database, "owner"),
        Role::create(&database, "app"),
    );
    run(
        &mut database.connect(),
        &format!(
            "GRANT CREATE ON DATABASE {} TO {}",
            database.name(),
            owner.name()
        ),
    );
    let mut conn = owner.connect();
    let mut faults = Vec::new();
    for (n, case) in everyday::plain().iter().enumerate() {
        for append_only in [false, true] {
            let schema = format!("s{n}_{append_only}");
            run(
                &mut conn,
                &format!(
                    "CREATE SCHEMA {schema}; SET search_path = {schema}; {ddl};
                     ALTER TABLE item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
                     CREATE POLICY app ON item TO {app} USING (true);
                     GRANT USAGE ON SCHEMA {schema} TO {app};
                     GRANT SELECT, INSERT, UPDATE, DELETE ON item TO {app}",
                    ddl = case.ddl,
                    app = app.name()
                ),
            );
            let table = AuditedTable {
                policy: Policy {
                    append_only,
                    ..Policy::DEFAULT
                },
                ..describe(&mut conn, QualifiedName::new(schema.clone(), "item"))
            };
            install(&mut conn, &table);
            let mut writer = app.connect();
            run(&mut writer, &format!("SET search_path = {schema}"));
            write(&mut writer, case).unwrap_or_else(|error| panic!("{}: {error}", case.name));
            for (key, rows) in &case.expected {
                let id = key.parse().expect("a number");
                let seen = trail(&mut conn, &table, id);
                if seen != *rows {
                    faults.push(format!("{}, {key}: {seen} and not {rows}", case.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Not even the owner sees rows that a policy keeps from everybody else than the writer.
#[test]
fn rows_that_the_owner_does_not_see() {
    let database = audit_test_server::database();
    if !may_make_roles(&mut database.connect()) {
        return;
    }
    let (owner, app) = (
        Role::create(&database, "owner"),
        Role::create(&database, "app"),
    );
    let grant = format!(
        "GRANT CREATE ON DATABASE {} TO {owner}; GRANT CREATE ON SCHEMA public TO {owner}",
        database.name(),
        owner = owner.name()
    );
    run(&mut database.connect(), &grant);
    let conn = &mut owner.connect();
    run(
        conn,
        &format!(
            "{ddl}; ALTER TABLE item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
             CREATE POLICY app ON item TO {app} USING (true);
             GRANT SELECT, INSERT, UPDATE, DELETE ON item TO {app}",
            ddl = with_inner("INSERT INTO item VALUES (key, 'c')"),
            app = app.name()
        ),
    );
    let mut table = describe(conn, public("item"));
    table.policy.when = Some("coalesce(NEW.v, OLD.v) <> 'b'".into());
    install(conn, &table);
    let writer = &mut app.connect();
    for (script, expected) in [
        (
            "INSERT INTO item VALUES (1, 'a'); DELETE FROM item WHERE id = 1 RETURNING inner_write(id)",
            Some("I a, D a, I c"),
        ),
        // The row came by a change that is left out.
        (
            "INSERT INTO item VALUES (2, 'b'); UPDATE item SET v = 'a' WHERE id = 2; DELETE FROM item WHERE id = 2 RETURNING inner_write(id)",
            Some("U a, D a, I c"),
        ),
        (
            "INSERT INTO item VALUES (3, 'a'); UPDATE item SET v = 'b' WHERE id = 3;
             UPDATE item SET id = 4, v = 'd' WHERE id = 3 RETURNING inner_write(3)",
            None,
        ),
    ] {
        let written = writer.transaction(|conn| {
            conn.batch_execute(ALICE)?;
            conn.batch_execute(script)
        });
        let key = script[25..26].parse().expect("a key");
        match expected {
            Some(expected) => {
                written.unwrap_or_else(|error| panic!("{script}: {error}"));
                assert_eq!(trail(conn, &table, key), expected);
            }
            None => {
                let refused = written.expect_err("it is refused").to_string();
                assert!(refused.contains("in their order"), "{refused}");
            }
        }
    }
}

const TOUCH: &str = "UPDATE item SET v = v || '!' WHERE id = key";

fn touched(conn: &mut PgConnection, append_only: bool) -> AuditedTable {
    run(conn, &with_inner(TOUCH));
    let table = AuditedTable {
        policy: Policy {
            append_only,
            ..Policy::DEFAULT
        },
        ..describe(conn, public("item"))
    };
    install(conn, &table);
    table
}

/// The row then carries the number of the other transaction, or of a group of both.
#[test]
fn a_row_that_another_session_has_locked() {
    for append_only in [false, true] {
        let database = audit_test_server::database();
        let (mut conn, mut other) = (database.connect(), database.connect());
        let table = touched(&mut conn, append_only);
        run_as_alice(&mut conn, "INSERT INTO item VALUES (1, 'a')");
        run(&mut other, "BEGIN; SELECT FROM item FOR KEY SHARE");
        run_as_alice(
            &mut conn,
            "UPDATE item SET v = 'b'; UPDATE item SET v = 'a'; UPDATE item SET v = 'c' RETURNING inner_write(id);
             SELECT FROM item FOR UPDATE SKIP LOCKED; SELECT FROM item FOR NO KEY UPDATE; UPDATE item SET v = 'a'",
        );
        run(&mut other, "COMMIT");
        assert_eq!(trail(&mut conn, &table, 1), "I a, U b, U a, U c, U c!, U a");
    }
}

/// One waits for the row that the other has written twice.
#[test]
fn a_session_that_waits_for_the_row() {
    for append_only in [false, true] {
        let database = audit_test_server::database();
        let (mut conn, mut other) = (database.connect(), database.connect());
        let table = touched(&mut conn, append_only);
        run_as_alice(&mut conn, "INSERT INTO item VALUES (1, 'a')");
        let update =
            |value| format!("UPDATE item SET v = v || '{value}' RETURNING inner_write(id)");
        run(&mut conn, &format!("BEGIN; {}; {}", ALICE, update("c")));
        thread::scope(|scope| {
            scope.spawn(|| run_as_alice(&mut other, &update("d")));
            let mut third = database.connect();
            wait_until(
                &mut third,
                "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())",
            );
            run(&mut conn, "COMMIT");
        });
        assert_eq!(
            trail(&mut conn, &table, 1),
            "I a, U ac, U ac!, U ac!d, U ac!d!"
        );
    }
}

/// It has a later number than the transaction that ends its row, and is as old as any.
#[test]
fn a_row_of_a_transaction_that_began_later() {
    for append_only in [false, true] {
        let database = audit_test_server::database();
        let (mut conn, mut other) = (database.connect(), database.connect());
        let body = "INSERT INTO item VALUES (key, 'x')";
        run(&mut conn, &with_inner(body));
        let table = AuditedTable {
            policy: Policy {
                append_only,
                ..Policy::DEFAULT
            },
            ..describe(&mut conn, public("item"))
        };
        install(&mut conn, &table);
        run(
            &mut conn,
            &format!("BEGIN; {ALICE}; INSERT INTO item VALUES (2, 'b')"),
        );
        run_as_alice(
            &mut other,
            "SAVEPOINT s; INSERT INTO item VALUES (1, 'a'), (3, 'c'); RELEASE s",
        );
        run(
            &mut conn,
            "DELETE FROM item WHERE id = 1 RETURNING inner_write(id);
             SAVEPOINT s; INSERT INTO item VALUES (4, 'd'); DELETE FROM item WHERE id = 4 RETURNING inner_write(id); RELEASE s; COMMIT",
        );
        assert_eq!(trail(&mut conn, &table, 1), "I a, D a, I x");
        assert_eq!(trail(&mut conn, &table, 4), "I d, D d, I x");
    }
}

/// Nothing tells its rows apart, so there is no order to keep, and none is refused.
#[test]
fn a_table_without_a_key() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(&mut conn, &with_inner(TOUCH).replace(" PRIMARY KEY", ""));
    let table = describe(&mut conn, public("item"));
    install(&mut conn, &table);
    run_as_alice(
        &mut conn,
        "INSERT INTO item VALUES (1, 'a') RETURNING inner_write(id)",
    );
    run_as_alice(
        &mut conn,
        "UPDATE item SET v = 'c' RETURNING inner_write(id)",
    );
    let mut letters = operations(&mut conn, &table).into_bytes();
    letters.sort_unstable();
    assert_eq!(letters, b"IUUU");
}

/// Rows of other transactions stay as they are, down to their place in the table. After
/// a restore into another cluster, some have the number of this transaction.
#[test]
fn only_rows_of_the_own_transaction_get_another_number() {
    for append_only in [false, true] {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        touched(&mut conn, append_only);
        run_as_alice(
            &mut conn,
            "INSERT INTO item VALUES (1, 'a'), (2, 'a'); UPDATE item SET v = 'c'; DELETE FROM item WHERE id = 2",
        );
        run_as_alice(
            &mut conn,
            "INSERT INTO audit.item_audit OVERRIDING SYSTEM VALUE
                 SELECT (jsonb_populate_record(h, jsonb_build_object('audit_id', -audit_id, 'audit_transaction_id', txid_current(),
                     'audit_transaction_timestamp', now() - interval '1 year'))).*
                 FROM audit.item_audit AS h;
             CREATE TABLE before AS SELECT audit_id, ctid AS place, h::text AS row FROM audit.item_audit AS h;
             UPDATE item SET v = 'd' RETURNING inner_write(id);
             INSERT INTO item VALUES (2, 'e') RETURNING inner_write(id); DELETE FROM item",
        );
        let moved = "SELECT b.row FROM before AS b LEFT JOIN audit.item_audit AS h
                 ON h.audit_id = b.audit_id AND h.ctid = b.place AND h::text = b.row
             WHERE h.audit_id IS NULL";
        assert_eq!(texts(&mut conn, moved), Vec::new());
        let own = "SELECT string_agg(concat_ws(' ', audit_operation, id, v), ', ' ORDER BY id, audit_id) FROM audit.item_audit
             WHERE audit_id > (SELECT max(audit_id) FROM before)";
        assert_eq!(
            texts(&mut conn, own),
            [Some(
                "U 1 d, U 1 d!, D 1 d!, I 2 e, U 2 e!, D 2 e!".to_owned()
            )]
        );
    }
}
