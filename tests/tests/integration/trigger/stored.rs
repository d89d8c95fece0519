//! An audit row that something keeps from being stored: the change is refused.

use diesel_audit_sql::refusal::Refusal;

use super::items;
use crate::support::{ALICE, attempt, count, run, run_as_alice};

const WRITES: [&str; 5] = [
    "INSERT INTO item VALUES (2, 'b')",
    "UPDATE item SET v = 'c'",
    "UPDATE item SET id = 3",
    "DELETE FROM item",
    "TRUNCATE item",
];

/// With this in the way of the audit table, none of the writes goes through.
fn nothing_is_written_behind(obstacle: &str, writes: &[&str]) {
    let mut items = items();
    let conn = &mut items.conn;
    run_as_alice(conn, "INSERT INTO item VALUES (1, 'a')");
    run(conn, obstacle);
    for write in writes {
        let refused = attempt(conn, ALICE, write).expect_err(write);
        assert!(refused.is(Refusal::RowNotStored), "{write}: {refused:?}");
        assert_eq!((&*refused.schema, &*refused.table), ("public", "item"));
        assert_eq!(
            count(conn, "SELECT count(*) FROM item WHERE id = 1 AND v = 'a'"),
            1,
            "{write}"
        );
        assert_eq!(count(conn, "SELECT count(*) FROM item"), 1, "{write}");
        assert_eq!(
            count(conn, "SELECT count(*) FROM audit.item_audit"),
            1,
            "{write}"
        );
    }
}

/// A trigger on the audit table that drops the rows for which this holds.
fn dropping(condition: &str) -> String {
    format!(
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
         CREATE TRIGGER swallow BEFORE INSERT ON audit.item_audit FOR EACH ROW
             WHEN ({condition}) EXECUTE FUNCTION swallow()"
    )
}

#[test]
fn swallowed_by_a_rule() {
    nothing_is_written_behind(
        "CREATE RULE nothing AS ON INSERT TO audit.item_audit DO INSTEAD NOTHING",
        &WRITES,
    );
}

#[test]
fn swallowed_by_a_trigger() {
    nothing_is_written_behind(&dropping("true"), &WRITES);
}

/// A changed key leaves two rows, and neither may be missing.
#[test]
fn swallowed_in_part() {
    let rekey = ["UPDATE item SET id = 3"];
    nothing_is_written_behind(&dropping("NEW.audit_operation = 'U'"), &rekey);
    nothing_is_written_behind(&dropping("NEW.audit_operation = 'D'"), &rekey);
}

#[test]
fn a_full_or_missing_audit_table_refuses_the_write_as_well() {
    for obstacle in [
        "ALTER TABLE audit.item_audit ADD CHECK (id < 0) NOT VALID",
        "ALTER TABLE audit.item_audit RENAME TO elsewhere",
        "ALTER TABLE audit.item_audit DROP COLUMN v",
        "DO $$ BEGIN PERFORM setval('diesel_audit.audit_id', 9223372036854775807); END $$",
    ] {
        let mut items = items();
        let conn = &mut items.conn;
        run_as_alice(conn, "INSERT INTO item VALUES (1, 'a')");
        run(conn, obstacle);
        attempt(conn, ALICE, "INSERT INTO item VALUES (2, 'b')").expect_err(obstacle);
        assert_eq!(count(conn, "SELECT count(*) FROM item"), 1, "{obstacle}");
    }
}
