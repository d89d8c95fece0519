//! `index` on a session setting: the changes under one value are found by it, and no value
//! that a write may give is too long for it.

use diesel::prelude::*;
use diesel_audit_model::Policy;
use diesel_audit_model::value::index_problem;

use crate::support::{also, count, describe, install, public, run, run_as_alice, setting, texts};
use diesel_audit_model::{AuditedTable, PgType};

fn indexed(conn: &mut PgConnection) -> AuditedTable {
    run(conn, "CREATE TABLE item (id integer)");
    let mut table = describe(conn, public("item"));
    table.settings = vec![
        setting("username", PgType::builtin("text"), true),
        setting("request_id", PgType::builtin("uuid"), false),
    ];
    for setting in &mut table.settings {
        setting.index = true;
    }
    table
}

#[test]
fn the_changes_of_one_value_are_found_by_it() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    let table = indexed(conn);
    install(conn, &table);
    run_as_alice(conn, "INSERT INTO item SELECT generate_series(1, 2000)");
    let request = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    run_as_alice(
        conn,
        &format!(
            "{}; UPDATE item SET id = -1 WHERE id = 1",
            also("request_id", &format!("'{request}'"))
        ),
    );
    run(conn, "ANALYZE audit.item_audit");
    for (condition, index, expected) in [
        (
            format!("audit_request_id = '{request}'"),
            "item_audit_audit_request_id_idx",
            1,
        ),
        (
            "audit_username = 'bob'".to_owned(),
            "item_audit_audit_username_idx",
            0,
        ),
    ] {
        let from = format!("FROM audit.item_audit WHERE {condition}");
        let plan = texts(
            conn,
            &format!("EXPLAIN SELECT audit_id {from} ORDER BY audit_id"),
        );
        let plan: Vec<String> = plan.into_iter().flatten().collect();
        assert!(plan.join("\n").contains(index), "{plan:?}");
        assert_eq!(count(conn, &format!("SELECT count(*) {from}")), expected);
    }
}

/// A text that does not get shorter by compression.
#[test]
fn the_longest_value_fits() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    let mut table = indexed(conn);
    let longest = (1..)
        .take_while(|bytes| index_problem(&table.settings[0].sql_type, *bytes).is_none())
        .last();
    let longest = longest.expect("some length has an index");
    table.policy = Policy {
        max_value_bytes: longest,
        ..Policy::DEFAULT
    };
    install(conn, &table);
    let value = "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 100) AS n)";
    run(
        conn,
        &format!(
            "BEGIN; SELECT diesel_audit.set_context('username', left({value}, {longest}));
             INSERT INTO item VALUES (1); COMMIT"
        ),
    );
    let stored = "SELECT max(length(audit_username))::bigint FROM audit.item_audit";
    assert_eq!(
        count(conn, stored),
        i64::try_from(longest).expect("a length")
    );
}
