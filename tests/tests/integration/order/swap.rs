//! Keys that are checked at the end of the statement or of the transaction, so that
//! rows can take each other's: in true order, or not audited at all.

use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, Policy};

use super::{Outcome, begin, trail};
use crate::support::{count, describe, public, run, run_as_alice};

/// What becomes of a table with such a key.
const OUTCOME: Outcome = Outcome::Either;

struct Swap {
    ddl: &'static str,
    statement: &'static str,
    expected: &'static [(i32, &'static str)],
}

const SWAPS: [Swap; 5] = [
    Swap {
        ddl: "CREATE TABLE item (id integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v text)",
        statement: "UPDATE item SET id = 3 - id WHERE id < 3",
        expected: &[(1, "I a, D a, U b"), (2, "I b, D b, U a"), (3, "I c")],
    },
    Swap {
        ddl: "CREATE TABLE item (id integer PRIMARY KEY DEFERRABLE, v text)",
        statement: "UPDATE item SET id = id % 3 + 1",
        expected: &[
            (1, "I a, D a, U c"),
            (2, "I b, D b, U a"),
            (3, "I c, D c, U b"),
        ],
    },
    Swap {
        ddl: "CREATE TABLE item (id integer PRIMARY KEY DEFERRABLE, v text)",
        statement: "UPDATE item SET id = id + 1",
        expected: &[
            (1, "I a, D a"),
            (2, "I b, D b, U a"),
            (3, "I c, D c, U b"),
            (4, "U c"),
        ],
    },
    Swap {
        ddl: "CREATE TABLE item (id integer, v text, region text DEFAULT 'eu', PRIMARY KEY (region, id) DEFERRABLE)",
        statement: "UPDATE item SET id = 3 - id, v = v || '!' WHERE id < 3",
        expected: &[(1, "I a, D a, U b!"), (2, "I b, D b, U a!"), (3, "I c")],
    },
    // One row after the other, in statements of their own.
    Swap {
        ddl: "CREATE TABLE item (id integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v text)",
        statement: "UPDATE item SET id = 2 WHERE v = 'a'; UPDATE item SET id = 1 WHERE v = 'b'",
        expected: &[(1, "I a, D a, U b"), (2, "I b, D b, U a"), (3, "I c")],
    },
];

#[test]
fn keys_that_rows_swap() {
    let mut faults = Vec::new();
    for (append_only, together) in [(false, false), (true, false), (false, true), (true, true)] {
        for swap in &SWAPS {
            let database = audit_test_server::database();
            let conn = &mut database.connect();
            run(conn, swap.ddl);
            let table = AuditedTable {
                policy: Policy {
                    append_only,
                    ..Policy::DEFAULT
                },
                ..describe(conn, public("item"))
            };
            if OUTCOME.is_begun(begin(conn, &table), "deferrable") {
                faults.extend(play(conn, &table, swap, together));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// `together`: the transaction of the swap has made the rows.
fn play(conn: &mut PgConnection, table: &AuditedTable, swap: &Swap, together: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let insert = "INSERT INTO item VALUES (1, 'a'), (2, 'b'), (3, 'c')";
    if together {
        run_as_alice(conn, &format!("{insert}; {}", swap.statement));
    } else {
        run_as_alice(conn, insert);
        run(conn, "SELECT pg_stat_force_next_flush()");
        run_as_alice(conn, swap.statement);
    }
    for (key, expected) in swap.expected {
        let seen = trail(conn, table, *key);
        if seen != *expected {
            faults.push(format!(
                "{}, {key}: {seen} and not {expected}",
                swap.statement
            ));
        }
    }
    let lives = format!(
        "SELECT count(*) FROM (SELECT DISTINCT ON (id) id, audit_operation FROM {} ORDER BY id, audit_id DESC) AS last
         JOIN item USING (id) WHERE audit_operation = 'D'",
        table.audit
    );
    let ended = count(conn, &lives);
    if ended > 0 {
        faults.push(format!(
            "{}: {ended} rows that live have ended",
            swap.statement
        ));
    }
    faults
}
