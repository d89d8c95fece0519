//! An audit table whose rows can be added to only: nobody changes or removes
//! one, by whatever statement, and the trail goes on.

mod installed;

use std::thread;

use audit_test_server::Database;
use diesel::prelude::*;
use diesel_audit::{AuditError, Audited};
use diesel_audit_sql::refusal::Refusal;

use super::{Items, items};
use crate::support::{
    ALICE, Role, attempt, install, may_make_roles, operations, run, run_as_alice, text,
};
use crate::zoo::compare::recorded;

fn append_only() -> Items {
    let mut items = items();
    items.table.policy.append_only = true;
    install(&mut items.conn, &items.table);
    run_as_alice(
        &mut items.conn,
        "INSERT INTO item VALUES (1, 'a'), (2, 'b')",
    );
    items
}

/// Every statement of PostgreSQL that changes rows.
const CHANGES: [&str; 13] = [
    "UPDATE audit.item_audit SET audit_username = 'bob' WHERE id = 1",
    "UPDATE audit.item_audit SET audit_username = 'bob' WHERE false",
    "DELETE FROM audit.item_audit",
    "DELETE FROM ONLY audit.item_audit WHERE false",
    "TRUNCATE audit.item_audit",
    "TRUNCATE item, audit.item_audit RESTART IDENTITY CASCADE",
    "WITH gone AS (DELETE FROM audit.item_audit RETURNING *) SELECT FROM gone",
    "MERGE INTO audit.item_audit AS h USING item ON h.id = item.id WHEN MATCHED THEN UPDATE SET v = 'x'",
    "MERGE INTO audit.item_audit AS h USING item ON h.id = item.id WHEN MATCHED THEN DELETE",
    "INSERT INTO audit.item_audit OVERRIDING SYSTEM VALUE SELECT * FROM audit.item_audit
         ON CONFLICT (audit_id) DO UPDATE SET audit_username = 'bob'",
    "CREATE TEMPORARY VIEW history AS SELECT * FROM audit.item_audit; DELETE FROM history",
    "DO $$ BEGIN EXECUTE 'UPDATE audit.item_audit SET id = 3'; END $$",
    "DO $$ DECLARE h CURSOR FOR SELECT * FROM audit.item_audit FOR UPDATE; r record;
         BEGIN OPEN h; FETCH h INTO r; DELETE FROM audit.item_audit WHERE CURRENT OF h; END $$",
];

fn assert_refused(conn: &mut PgConnection, statement: &str) {
    let refused = attempt(conn, ALICE, statement).expect_err(statement);
    assert!(refused.is(Refusal::AppendOnly), "{statement}: {refused:?}");
    assert_eq!(
        (&*refused.schema, &*refused.table),
        ("audit", "item_audit"),
        "{statement}"
    );
}

/// All rows, as one text.
fn rows(conn: &mut PgConnection) -> String {
    text(
        conn,
        "SELECT string_agg(h::text, E'\\n' ORDER BY audit_id) FROM audit.item_audit AS h",
    )
}

#[test]
fn its_owner_changes_no_row() {
    let mut items = append_only();
    let conn = &mut items.conn;
    let before = rows(conn);
    let may_replicate = may_make_roles(conn);
    for role in ["origin", "replica", "local"] {
        if role != "origin" && !may_replicate {
            continue;
        }
        run(conn, &format!("SET session_replication_role = {role}"));
        for statement in CHANGES {
            assert_refused(conn, statement);
        }
    }
    assert_eq!(rows(conn), before);
}

#[test]
fn a_role_with_all_rights_changes_no_row() {
    let mut items = append_only();
    if !may_make_roles(&mut items.conn) {
        return;
    }
    let before = rows(&mut items.conn);
    let role = Role::create(&items.database, "app");
    let rights = format!(
        "GRANT ALL ON item, audit.item_audit TO {0}; GRANT USAGE ON SCHEMA audit TO {0};
         GRANT USAGE ON SCHEMA diesel_audit TO {0}; GRANT ALL ON SEQUENCE diesel_audit.audit_id TO {0}",
        role.name()
    );
    run(&mut items.conn, &rights);
    let mut app = role.connect();
    for statement in CHANGES {
        // Only an owner may set a sequence back.
        if !statement.contains("RESTART IDENTITY") {
            assert_refused(&mut app, statement);
        }
    }
    assert_eq!(rows(&mut items.conn), before);
    for statement in [
        "ALTER TABLE audit.item_audit DISABLE TRIGGER ALL",
        "DROP TRIGGER \"00_append_only\" ON audit.item_audit",
        "DROP FUNCTION diesel_audit.refuse_change() CASCADE",
        "CREATE TABLE pg_temp.mine (a integer);
             CREATE TRIGGER t BEFORE INSERT ON pg_temp.mine EXECUTE FUNCTION diesel_audit.refuse_change()",
    ] {
        let refused = attempt(&mut app, ALICE, statement).expect_err(statement);
        assert_eq!(refused.sqlstate, "42501", "{statement}: {refused:?}");
    }
}

/// No statement names the audit table itself.
#[test]
fn a_row_is_not_reached_by_another_table() {
    let mut items = append_only();
    let conn = &mut items.conn;
    run(
        conn,
        "CREATE TABLE parent (id integer, v text); ALTER TABLE audit.item_audit INHERIT parent;
         ALTER TABLE audit.item_audit ADD FOREIGN KEY (id) REFERENCES item ON UPDATE CASCADE ON DELETE CASCADE
             INITIALLY DEFERRED",
    );
    let before = rows(conn);
    for statement in [
        "UPDATE parent SET v = 'x'",
        "DELETE FROM parent",
        "TRUNCATE parent",
        "UPDATE item SET id = 3 WHERE id = 1",
        "DELETE FROM item",
        "TRUNCATE item CASCADE",
    ] {
        assert_refused(conn, statement);
    }
    assert_eq!(rows(conn), before);
}

#[test]
fn a_row_is_not_reached_by_a_partition() {
    let mut items = items();
    let conn = &mut items.conn;
    // An audit table that is there from before may be partitioned.
    run(
        conn,
        "DROP TABLE audit.item_audit;
         CREATE TABLE audit.item_audit (
             LIKE diesel_audit.entry, audit_username text, audit_request_id uuid, id integer, v text
         ) PARTITION BY RANGE (audit_operation_timestamp);
         CREATE TABLE audit.before PARTITION OF audit.item_audit DEFAULT",
    );
    items.table.policy.append_only = true;
    install(conn, &items.table);
    run_as_alice(conn, "INSERT INTO item VALUES (1, 'a')");
    run(
        conn,
        "CREATE TABLE audit.after PARTITION OF audit.item_audit FOR VALUES FROM ('3000-01-01') TO ('3001-01-01');
         INSERT INTO audit.after SELECT 0, 'I', '3000-01-02', now(), 1, 'x', 'x'",
    );
    let before = rows(conn);
    for partition in ["before", "after"] {
        for statement in [
            format!("UPDATE audit.{partition} SET v = 'x'"),
            format!("DELETE FROM audit.{partition}"),
        ] {
            assert_refused(conn, &statement);
        }
    }
    assert_eq!(rows(conn), before);
}

diesel::table! {
    item (id) {
        id -> Int4,
        v -> Nullable<Text>,
    }
}

#[derive(Audited)]
#[diesel(table_name = item)]
#[audit(append_only)]
#[expect(dead_code, reason = "the test is about its table")]
struct Item {
    id: i32,
}

#[test]
fn the_refusal_is_a_typed_error() {
    let mut items = items();
    let tables = [Item::audited_table().expect("a table")];
    diesel_audit::install(&mut items.conn, &tables).expect("installed");
    for statement in [CHANGES[0], CHANGES[2], CHANGES[4]] {
        let error = diesel::sql_query(statement)
            .execute(&mut items.conn)
            .expect_err(statement);
        let error = AuditError::from(error);
        assert_eq!(error.code(), Some("ZA004"));
        let AuditError::AppendOnly(refused) = error else {
            panic!("{error:?}");
        };
        assert_eq!(refused.table(), Some("item_audit"));
        assert_eq!(
            refused.message(),
            r#"the audit table audit.item_audit is append-only: its rows are not changed or removed"#
        );
    }
}

/// Writers record every change, while others try to change what is recorded.
#[test]
fn the_trail_goes_on() {
    const TURNS: usize = 25;
    let mut items = append_only();
    let database = &items.database;
    thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || write(database, 10 + writer, TURNS));
        }
        for _ in 0..2 {
            scope.spawn(|| {
                let mut conn = database.connect();
                for _ in 0..TURNS {
                    for statement in [
                        "UPDATE audit.item_audit SET v = 'x'",
                        "DELETE FROM audit.item_audit",
                    ] {
                        assert_refused(&mut conn, statement);
                    }
                }
            });
        }
    });
    let mut recorded = operations(&mut items.conn, &items.table).into_bytes();
    recorded.sort_unstable();
    let of_each = 4 * TURNS;
    let expected = ["D", "I", "U"]
        .map(|operation| operation.repeat(of_each + 2 * usize::from(operation == "I")));
    assert_eq!(String::from_utf8_lossy(&recorded), expected.concat());
}

fn write(database: &Database, id: usize, turns: usize) {
    let mut conn = database.connect();
    for _ in 0..turns {
        for statement in [
            format!("INSERT INTO item VALUES ({id}, 'a')"),
            format!("UPDATE item SET v = 'b' WHERE id = {id}"),
            format!("DELETE FROM item WHERE id = {id}"),
        ] {
            run_as_alice(&mut conn, &statement);
        }
    }
}

#[test]
fn every_operation_of_the_source_is_recorded() {
    let mut items = append_only();
    for (statement, expected) in [
        ("INSERT INTO item VALUES (3, 'c')", "I"),
        (
            "INSERT INTO item VALUES (3, 'd') ON CONFLICT (id) DO UPDATE SET v = 'd'",
            "U",
        ),
        ("UPDATE item SET id = 4 WHERE id = 3", "DU"),
        ("DELETE FROM item WHERE id = 4", "D"),
        ("TRUNCATE item", "T"),
    ] {
        recorded(&mut items.conn, &items.table, statement, expected)
            .unwrap_or_else(|fault| panic!("{statement}: {fault:?}"));
    }
}
