//! The core, and the states of the tables that it knows.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit_sql::core;
use diesel_audit_sql::{Declared, LockTimeout, Options, Step, difference, migration};

use super::shop;
use crate::support::{
    ALICE, Role, apply, attempt, count, dump, install, may_make_roles, operations, run,
    run_as_alice, text, texts,
};

/// Versions that have been released never change: migrations hold their text.
#[test]
fn a_version_of_the_core_is_frozen() {
    let digest = core::INSTALL
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    assert_eq!(
        format!("{digest:016x}"),
        FROZEN,
        "core_1.sql has changed: before a release, write the new digest here; after it, add another version"
    );
}

const FROZEN: &str = "e7b37ab623e5b6fc";

/// Who comes second, also at the same time, changes nothing.
#[test]
fn it_is_brought_once() {
    let (database, mut conn, _) = shop();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| run(&mut database.connect(), core::INSTALL));
        }
    });
    let key = "SELECT encode(inner_pad, 'hex') FROM diesel_audit.hash_key";
    let (first, before) = (text(&mut conn, key), dump(&database));
    run(&mut conn, core::INSTALL);
    assert_eq!((text(&mut conn, key), dump(&database)), (first, before));
    assert_eq!(count(&mut conn, "SELECT diesel_audit.core()::bigint"), 1);
    assert_eq!(text(&mut conn, "SHOW search_path"), "\"$user\", public");
}

/// Everything of it belongs to whoever has brought it.
#[test]
fn nobody_else_may_use_it() {
    let (database, mut conn, _) = shop();
    if !may_make_roles(&mut conn) {
        return;
    }
    let role = Role::create(&database, "app");
    let name = role.name();
    run(
        &mut conn,
        &format!(
            "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {name};
             ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO {name};
             ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO {name};
             ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO {name}"
        ),
    );
    run(&mut conn, core::INSTALL);
    let open = format!(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'diesel_audit'::regnamespace AND relkind IN ('r', 'S')
             AND CASE relkind WHEN 'r' THEN has_table_privilege('{name}', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                 ELSE has_sequence_privilege('{name}', oid, 'USAGE, SELECT, UPDATE') END
         UNION ALL SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'diesel_audit'::regnamespace
             AND has_function_privilege('{name}', oid, 'EXECUTE')
         UNION ALL SELECT 'schema' WHERE has_schema_privilege('{name}', 'diesel_audit', 'USAGE, CREATE')"
    );
    assert_eq!(texts(&mut conn, &open), Vec::new());
    for privileges in ["TABLES", "SEQUENCES", "FUNCTIONS", "SCHEMAS"] {
        let revoke = format!("ALTER DEFAULT PRIVILEGES REVOKE ALL ON {privileges} FROM {name}");
        run(&mut conn, &revoke);
    }
}

#[test]
fn it_goes_when_nobody_needs_it() {
    let (database, mut conn, [item, order]) = shop();
    let before = dump(&database);
    let is_there = "SELECT count(*) FROM pg_namespace WHERE nspname = 'diesel_audit'";
    install(&mut conn, &item);
    let refused = attempt(&mut conn, "", &core::uninstall()).expect_err("in use");
    assert_eq!(refused.sqlstate, "2BP01", "{refused:?}");
    apply(&mut conn, Step::Uninstall(item.clone())).expect("ended");
    run(&mut conn, &core::uninstall());
    assert_eq!(dump(&database), before);

    // What is kept takes its numbers and its key from there, also later.
    install(&mut conn, &item);
    run_as_alice(&mut conn, "INSERT INTO item (mail) VALUES ('a@b')");
    apply(&mut conn, Step::Uninstall(item.clone())).expect("ended");
    run(&mut conn, &core::uninstall());
    assert_eq!(count(&mut conn, is_there), 1);
    install(&mut conn, &item);
    run_as_alice(&mut conn, "DELETE FROM item");
    assert_eq!(operations(&mut conn, &item), "ID");
    // A table that was dropped needs nothing.
    install(&mut conn, &order);
    apply(&mut conn, Step::Drop(item)).expect("dropped");
    run(
        &mut conn,
        "DROP TABLE \"Back Office\".\"order\"; DROP SCHEMA audit CASCADE",
    );
    run(&mut conn, &core::uninstall());
    assert_eq!(count(&mut conn, is_there), 0);
}

#[test]
fn a_step_from_another_state_is_refused() {
    let (_database, mut conn, [item, _]) = shop();
    let mut other = item.clone();
    other.policy.skip_unchanged = true;
    let step = |from: &diesel_audit_model::AuditedTable, to: &diesel_audit_model::AuditedTable| {
        let declared = [Declared::from(to.clone())];
        let steps = difference(&[from.clone().into()], &declared, &Options::default());
        migration(&steps.expect("a difference"), &LockTimeout::default())
    };
    let change = step(&item, &other);
    let refused = |conn: &mut PgConnection, sql: &str, has: &str| {
        let refused = attempt(conn, "", sql).expect_err("another state");
        assert_eq!(refused.sqlstate, "55000", "{refused:?}");
        let said = format!("is in the state {has}, and this step leads from ");
        assert!(refused.message.contains(&said), "{refused:?}");
    };
    run(&mut conn, core::INSTALL);
    refused(&mut conn, &change.up.whole, "none");
    apply(&mut conn, Step::Install(other.clone())).expect("installed");
    let state = diesel_audit_sql::state::state(&other);
    refused(&mut conn, &Step::Install(item.clone()).render(), &state);
    refused(&mut conn, &Step::Uninstall(item.clone()).render(), &state);
    // The state that it leads to is no reason to refuse.
    conn.batch_execute(&format!("BEGIN; {}; COMMIT", change.up.whole))
        .expect("again");
    conn.batch_execute(&format!("BEGIN; {}; COMMIT", change.down.whole))
        .expect("back");
    refused(
        &mut conn,
        &Step::Uninstall(other).render(),
        &diesel_audit_sql::state::state(&item),
    );
}

/// Two audits in psql: names and values in turn, for one transaction.
#[test]
fn a_context_from_psql() {
    let (_database, mut conn, [item, _]) = shop();
    install(&mut conn, &item);
    let insert = "INSERT INTO item (mail) VALUES ('a@b')";
    let context = "SELECT diesel_audit.set_context('username', 'ann', 'request_id', '11111111-1111-1111-1111-111111111111')";
    run(&mut conn, &format!("BEGIN; {context}; {insert}; COMMIT"));
    let recorded = "SELECT concat_ws(' ', audit_username, audit_request_id) FROM audit.item_audit";
    assert_eq!(
        text(&mut conn, recorded),
        "ann 11111111-1111-1111-1111-111111111111"
    );
    assert!(attempt(&mut conn, "", insert).is_err(), "it has ended");
    // It replaces the one before, as a whole.
    let replaced = format!("{ALICE}; SELECT diesel_audit.set_context('request_id', '7')");
    assert!(attempt(&mut conn, &replaced, insert).is_err(), "no name");
    for (arguments, sqlstate) in [
        ("'username'", "22023"),
        ("'username', ''", "22023"),
        ("'username', E' \\t'", "22023"),
        ("'username', NULL", "22023"),
        ("'User', 'ann'", "22023"),
        ("'context', 'ann'", "22023"),
        ("'search_path', 'evil'", "22023"),
        ("NULL, 'ann'", "22023"),
    ] {
        let call = format!("SELECT diesel_audit.set_context({arguments})");
        let refused = attempt(&mut conn, "", &call).expect_err(arguments);
        assert_eq!(refused.sqlstate, sqlstate, "{arguments}: {refused:?}");
    }
}
