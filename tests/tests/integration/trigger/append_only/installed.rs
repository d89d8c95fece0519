//! How an audit table becomes append-only and stays so, and what ends it.

use diesel_audit_model::{AuditedTable, Policy};
use diesel_audit_sql::refusal::Refusal;
use diesel_audit_sql::{Declared, Options, Step, difference};

use super::{CHANGES, append_only, assert_refused};
use crate::support::{
    ALICE, apply, attempt, count, describe, install, operations, public, run, run_as_alice,
};

#[test]
fn a_history_whose_audit_has_ended_stays_as_it_is() {
    let mut items = append_only();
    let conn = &mut items.conn;
    let begin = Step::Install(items.table.clone());
    apply(conn, begin.clone().inverse()).expect("ended");
    for statement in [CHANGES[0], CHANGES[2], CHANGES[4]] {
        assert_refused(conn, statement);
    }
    let open = AuditedTable {
        policy: Policy {
            append_only: false,
            ..Policy::DEFAULT
        },
        ..items.table.clone()
    };
    let error = apply(conn, Step::Install(open)).expect_err("its triggers are there");
    assert!(error.to_string().contains("is append-only"), "{error}");
    apply(conn, begin).expect("begun again");
    run_as_alice(conn, "DELETE FROM item WHERE id = 1");
    assert_eq!(operations(conn, &items.table), "IID");
    assert_refused(conn, CHANGES[0]);

    apply(conn, Step::Drop(items.table)).expect("dropped");
    let left = "SELECT count(*) FROM pg_namespace WHERE nspname = 'audit'";
    assert_eq!(count(conn, left), 0);
}

#[test]
fn a_change_without_the_word_opens_it() {
    let mut items = append_only();
    let conn = &mut items.conn;
    let declared = Declared::from(AuditedTable {
        policy: Policy {
            append_only: false,
            ..Policy::DEFAULT
        },
        ..items.table.clone()
    });
    let steps = difference(&[items.table.into()], &[declared], &Options::default());
    let [open] = &steps.expect("a difference")[..] else {
        panic!("one step");
    };
    apply(conn, open.clone()).expect("opened");
    assert_eq!(attempt(conn, ALICE, CHANGES[0]), Ok(()));
    apply(conn, open.clone().inverse()).expect("closed");
    assert_refused(conn, CHANGES[0]);
}

/// What a trigger cannot do.
#[test]
fn its_owner_can_take_the_triggers_away() {
    let mut items = append_only();
    let conn = &mut items.conn;
    run(conn, "ALTER TABLE audit.item_audit DISABLE TRIGGER USER");
    assert_eq!(attempt(conn, ALICE, CHANGES[0]), Ok(()));
    install(conn, &items.table);
    assert_refused(conn, CHANGES[0]);
}

/// Each audit table has a function of its own, also where their names are cut.
#[test]
fn long_names() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let names = ["a", "b"].map(|end| format!("{}{end}", "t".repeat(62)));
    let tables = names.map(|name| {
        run(
            &mut conn,
            &format!("CREATE TABLE {name} (id integer PRIMARY KEY)"),
        );
        let table = AuditedTable {
            policy: Policy {
                append_only: true,
                ..Policy::DEFAULT
            },
            ..describe(&mut conn, public(&name))
        };
        install(&mut conn, &table);
        table
    });
    for AuditedTable { source, audit, .. } in &tables {
        run_as_alice(&mut conn, &format!("INSERT INTO {source} VALUES (1)"));
        let refused = attempt(&mut conn, ALICE, &format!("DELETE FROM {audit}"));
        let refused = refused.expect_err("a history");
        assert!(refused.is(Refusal::AppendOnly), "{refused:?}");
        assert_eq!(refused.table, audit.name);
    }
    let [first, second] = tables;
    apply(&mut conn, Step::Drop(first)).expect("dropped");
    let still = attempt(&mut conn, ALICE, &format!("DELETE FROM {}", second.audit));
    assert!(still.is_err_and(|refused| refused.is(Refusal::AppendOnly)));
}
