//! Every statement that writes, and what it leaves.

use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, Operations, Policy};

use super::{Items, items};
use crate::support::{
    ALICE, attempt, count, describe, install, operations, public, run, run_as_alice, text, texts,
};
use crate::zoo::compare::recorded;

diesel::table! {
    item (id) {
        id -> Integer,
        v -> Nullable<Text>,
    }
}

/// Runs these in order, each in a transaction of its own.
fn all_recorded(items: &mut Items, script: &[(&str, &str)]) {
    for (statement, letters) in script {
        recorded(&mut items.conn, &items.table, statement, letters)
            .unwrap_or_else(|fault| panic!("{statement}: {fault:?}"));
    }
}

/// Letter and values of the whole history, in order.
fn history(conn: &mut PgConnection) -> Vec<String> {
    let query =
        "SELECT concat_ws(' ', audit_operation, id, v) FROM audit.item_audit ORDER BY audit_id";
    texts(conn, query).into_iter().flatten().collect()
}

#[test]
fn upserts() {
    all_recorded(
        &mut items(),
        &[
            (
                "INSERT INTO item VALUES (1, 'a') ON CONFLICT DO NOTHING",
                "I",
            ),
            (
                "INSERT INTO item VALUES (1, 'b') ON CONFLICT DO NOTHING",
                "",
            ),
            (
                "INSERT INTO item VALUES (1, 'c'), (2, 'd') ON CONFLICT (id) DO UPDATE SET v = excluded.v",
                "UI",
            ),
            (
                "INSERT INTO item VALUES (1, 'e') ON CONFLICT (id) DO UPDATE SET v = 'x' WHERE false",
                "",
            ),
            (
                "INSERT INTO item VALUES (1, 'f') ON CONFLICT (id) DO UPDATE SET id = 3, v = 'g'",
                "DU",
            ),
        ],
    );
}

#[test]
fn merge() {
    all_recorded(
        &mut items(),
        &[
            ("INSERT INTO item VALUES (1, 'a'), (2, 'b')", "II"),
            (
                "MERGE INTO item USING (VALUES (1, 'x'), (2, NULL), (3, 'z')) AS new (id, v) ON item.id = new.id
                 WHEN MATCHED AND new.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET v = new.v
                 WHEN NOT MATCHED THEN INSERT VALUES (new.id, new.v)",
                "UDI",
            ),
        ],
    );
}

#[test]
fn statements_of_several_parts() {
    all_recorded(
        &mut items(),
        &[
            (
                "WITH one AS (INSERT INTO item VALUES (1, 'a') RETURNING id), two AS (INSERT INTO item VALUES (2, 'b'))
                 INSERT INTO item SELECT id + 2, 'c' FROM one",
                "III",
            ),
            (
                "WITH gone AS (DELETE FROM item WHERE id = 1 RETURNING *)
                 INSERT INTO item SELECT id + 10, v FROM gone",
                "DI",
            ),
            // One row is changed once by a statement, whoever asks twice.
            ("WITH one AS (UPDATE item SET v = 'y' WHERE id = 2) UPDATE item SET v = 'z' WHERE id = 2", "U"),
            ("UPDATE item SET v = other.v FROM item AS other WHERE other.id = 3 AND item.id <> 3", "UU"),
            ("DELETE FROM item USING item AS other WHERE item.id < other.id", "DD"),
            ("UPDATE item SET v = 'nobody' WHERE false", ""),
            ("UPDATE item SET v = v", "U"),
        ],
    );
}

#[test]
fn views_and_rules() {
    let mut items = items();
    run(
        &mut items.conn,
        "CREATE VIEW short AS SELECT * FROM item WHERE id < 10;
         CREATE VIEW instead AS SELECT id AS number FROM item;
         CREATE RULE soft AS ON DELETE TO instead DO INSTEAD UPDATE item SET v = 'gone' WHERE id = OLD.number",
    );
    all_recorded(
        &mut items,
        &[
            ("INSERT INTO short VALUES (1, 'a'), (11, 'b')", "II"),
            ("UPDATE short SET v = 'c'", "U"),
            ("DELETE FROM instead", "UU"),
            ("DELETE FROM short", "D"),
        ],
    );
}

#[test]
fn copy() {
    let mut items = items();
    let copied = items
        .conn
        .transaction(|conn| {
            diesel::connection::SimpleConnection::batch_execute(conn, ALICE)?;
            diesel::copy_from(item::table)
                .from_raw_data((item::id, item::v), |copy| {
                    copy.write_all(b"1\ta\n2\t\\N\n3\t\n")
                        .expect("a write to libpq's buffer");
                    diesel::QueryResult::Ok(())
                })
                .execute(conn)
        })
        .expect("copied");
    assert_eq!(copied, 3);
    assert_eq!(history(&mut items.conn), ["I 1 a", "I 2", "I 3 "]);
}

#[test]
fn what_is_rolled_back_leaves_nothing() {
    let mut items = items();
    run_as_alice(
        &mut items.conn,
        "INSERT INTO item VALUES (1, 'kept'); SAVEPOINT s; INSERT INTO item VALUES (2, 'undone'); DELETE FROM item;
         ROLLBACK TO s; UPDATE item SET v = 'kept too'; SAVEPOINT t; INSERT INTO item VALUES (3, 'released'); RELEASE t",
    );
    run(
        &mut items.conn,
        &format!("BEGIN; {ALICE}; DELETE FROM item; ROLLBACK"),
    );
    // A block of plpgsql that catches its error has undone its part.
    run_as_alice(
        &mut items.conn,
        "DO $$ BEGIN INSERT INTO item VALUES (4, 'undone'); PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END $$",
    );
    assert_eq!(
        history(&mut items.conn),
        ["I 1 kept", "U 1 kept too", "I 3 released"]
    );
}

#[test]
fn a_transaction_keeps_its_order_and_its_number() {
    let mut items = items();
    let conn = &mut items.conn;
    run_as_alice(conn, "INSERT INTO item VALUES (1, 'a')");
    run_as_alice(
        conn,
        "UPDATE item SET v = 'b'; UPDATE item SET v = 'c'; UPDATE item SET v = 'd'; DELETE FROM item; INSERT INTO item VALUES (1, 'e')",
    );
    assert_eq!(
        history(conn),
        ["I 1 a", "U 1 b", "U 1 c", "U 1 d", "D 1 d", "I 1 e"]
    );
    let transactions = "SELECT string_agg(rows::text, ' ' ORDER BY first) FROM (
             SELECT count(*) AS rows, min(audit_id) AS first FROM audit.item_audit
             GROUP BY audit_transaction_id, audit_transaction_timestamp) AS transactions";
    assert_eq!(text(conn, transactions), "1 5");
    let later = "SELECT count(*) FROM audit.item_audit AS a JOIN audit.item_audit AS b ON b.audit_id > a.audit_id
         WHERE b.audit_operation_timestamp <= a.audit_operation_timestamp";
    assert_eq!(count(conn, later), 0);
}

#[test]
fn the_transaction_number_is_postgresqls() {
    let mut items = items();
    run_as_alice(
        &mut items.conn,
        "INSERT INTO item VALUES (1, pg_current_xact_id()::text)",
    );
    let same = "SELECT count(*) FROM audit.item_audit WHERE audit_transaction_id::text = v";
    assert_eq!(count(&mut items.conn, same), 1);
}

/// The last row of the history is the row that is there, although a trigger
/// changes it again before the statement ends.
#[test]
fn another_trigger_that_writes_to_the_row_comes_after() {
    let mut items = items();
    run(
        &mut items.conn,
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN UPDATE item SET v = NEW.v || '!' WHERE id = NEW.id; RETURN NULL; END $$;
         CREATE TRIGGER \"01_touch\" AFTER INSERT OR UPDATE ON item FOR EACH ROW
             WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION touch()",
    );
    run_as_alice(&mut items.conn, "INSERT INTO item VALUES (1, 'a')");
    run_as_alice(&mut items.conn, "UPDATE item SET v = 'b'");
    assert_eq!(
        history(&mut items.conn),
        ["I 1 a", "U 1 a!", "U 1 b", "U 1 b!"]
    );
}

#[test]
fn only_the_operations_that_were_chosen_are_recorded() {
    let none = Operations {
        insert: false,
        update: false,
        delete: false,
        truncate: false,
    };
    let choices = [
        (
            Operations {
                insert: true,
                ..none
            },
            "III",
        ),
        (
            Operations {
                update: true,
                ..none
            },
            "UDU",
        ),
        (
            Operations {
                delete: true,
                ..none
            },
            "D",
        ),
        (
            Operations {
                truncate: true,
                ..none
            },
            "T",
        ),
        (
            Operations {
                insert: true,
                delete: true,
                ..none
            },
            "IIDI",
        ),
    ];
    let database = audit_test_server::database();
    let mut conn = database.connect();
    for (n, (operations_chosen, expected)) in choices.into_iter().enumerate() {
        let name = format!("chosen_{n}");
        run(
            &mut conn,
            &format!("CREATE TABLE {name} (id integer PRIMARY KEY, v text)"),
        );
        let table = AuditedTable {
            policy: Policy {
                operations: operations_chosen,
                ..Policy::DEFAULT
            },
            ..describe(&mut conn, public(&name))
        };
        install(&mut conn, &table);
        run_as_alice(
            &mut conn,
            &format!(
                "INSERT INTO {name} VALUES (1), (2); UPDATE {name} SET v = 'x' WHERE id = 1; UPDATE {name} SET id = 3 WHERE id = 1;
                 DELETE FROM {name} WHERE id = 2; INSERT INTO {name} VALUES (4); TRUNCATE {name}"
            ),
        );
        assert_eq!(
            operations(&mut conn, &table),
            expected,
            "{operations_chosen:?}"
        );
    }
}

/// A write that is not recorded needs no context either.
#[test]
fn an_operation_that_is_not_recorded_needs_no_context() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(&mut conn, "CREATE TABLE item (id integer PRIMARY KEY)");
    let table = AuditedTable {
        policy: Policy {
            operations: Operations {
                insert: false,
                ..Operations::ALL
            },
            ..Policy::DEFAULT
        },
        ..describe(&mut conn, public("item"))
    };
    install(&mut conn, &table);
    assert_eq!(
        attempt(&mut conn, "", "INSERT INTO item VALUES (1)"),
        Ok(())
    );
    attempt(&mut conn, "", "DELETE FROM item").expect_err("no context");
}
