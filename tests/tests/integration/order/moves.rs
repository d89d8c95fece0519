//! A row that moves between partitions is updated, and deleted and inserted
//! underneath: `operations` means what the statement says, or such a choice is refused.

use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, Operations, Policy};

use super::{Outcome, begin, trail};
use crate::support::{describe, public, run, run_as_alice, texts};

const TABLE: &str = "CREATE TABLE item (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
     CREATE TABLE low PARTITION OF item FOR VALUES FROM (0) TO (10);
     CREATE TABLE high PARTITION OF item DEFAULT";

/// The history of the key that the row leaves, and of the one that it gets.
type Trail = (&'static str, &'static str);

/// Operations, and the trails of a row that is inserted, moves, is updated and deleted.
struct Choice {
    words: &'static str,
    outcome: Outcome,
    right: &'static [Trail],
}

const CHOICES: [Choice; 8] = [
    Choice {
        words: "insert, update, delete",
        outcome: Outcome::Recorded,
        right: &[("I a, D a", "I a, U c, D c"), ("I a, D a", "U a, U c, D c")],
    },
    Choice {
        words: "update",
        outcome: Outcome::Either,
        right: &[("D a", "U a, U c"), ("D a", "I a, U c")],
    },
    Choice {
        words: "insert, update",
        outcome: Outcome::Either,
        right: &[("I a, D a", "U a, U c"), ("I a, D a", "I a, U c")],
    },
    Choice {
        words: "update, delete",
        outcome: Outcome::Either,
        right: &[("D a", "U a, U c, D c"), ("D a", "I a, U c, D c")],
    },
    Choice {
        words: "insert",
        outcome: Outcome::Either,
        right: &[("I a", "")],
    },
    Choice {
        words: "delete",
        outcome: Outcome::Either,
        right: &[("", "D c")],
    },
    // Both halves of the move tell the truth, if they are there.
    Choice {
        words: "insert, delete",
        outcome: Outcome::Either,
        right: &[("I a", "D c"), ("I a, D a", "I a, D c")],
    },
    Choice {
        words: "truncate",
        outcome: Outcome::Recorded,
        right: &[("", "")],
    },
];

/// How a row is moved.
const WAYS: [&str; 3] = [
    "UPDATE item SET id = 11 WHERE id = 1",
    "MERGE INTO item USING (VALUES (1)) AS old (id) ON item.id = old.id WHEN MATCHED THEN UPDATE SET id = 11",
    "UPDATE number SET id = 11 WHERE id = 1",
];

fn operations(words: &str) -> Operations {
    let is_one = |word| words.split(", ").any(|one| one == word);
    Operations {
        insert: is_one("insert"),
        update: is_one("update"),
        delete: is_one("delete"),
        truncate: is_one("truncate"),
    }
}

#[test]
fn operations_of_a_row_that_moves() {
    let mut faults = Vec::new();
    for choice in &CHOICES {
        for way in WAYS {
            let database = audit_test_server::database();
            let conn = &mut database.connect();
            run(
                conn,
                &format!(
                    "{TABLE}; CREATE TABLE number (id integer PRIMARY KEY); INSERT INTO number VALUES (1);
                     ALTER TABLE item ADD FOREIGN KEY (id) REFERENCES number ON UPDATE CASCADE"
                ),
            );
            let moves = if way.contains("number") {
                way.to_owned()
            } else {
                // So that the row may be there before and after.
                format!("INSERT INTO number VALUES (11); {way}")
            };
            let table = AuditedTable {
                policy: Policy {
                    operations: operations(choice.words),
                    ..Policy::DEFAULT
                },
                ..describe(conn, public("item"))
            };
            if choice.outcome.is_begun(begin(conn, &table), "partition") {
                let seen = play(conn, &table, &moves);
                let is_right = |(old, new): &Trail| seen == [*old, *new];
                if !choice.right.iter().any(is_right) {
                    faults.push(format!("operations({}), {way}: {seen:?}", choice.words));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

fn play(conn: &mut PgConnection, table: &AuditedTable, moves: &str) -> [String; 2] {
    for statement in [
        "INSERT INTO item VALUES (1, 'a')",
        moves,
        "UPDATE item SET v = 'c'",
        "DELETE FROM item",
    ] {
        run_as_alice(conn, statement);
    }
    [1, 11].map(|id| trail(conn, table, id))
}

/// A model of one partition does not see where its rows come from and go to.
#[test]
fn operations_of_a_partition_that_is_audited_alone() {
    // What is recorded of a row that goes, and of one that comes.
    let choices = [
        ("insert, update, delete", Outcome::Recorded, ("D a", "I b")),
        ("update", Outcome::Either, ("D a", "U b")),
        ("insert, update", Outcome::Either, ("D a", "U b")),
        ("update, delete", Outcome::Either, ("D a", "U b")),
    ];
    let mut faults = Vec::new();
    for (words, outcome, (gone, come)) in choices {
        let database = audit_test_server::database();
        let conn = &mut database.connect();
        run(
            conn,
            &format!("{TABLE}; INSERT INTO item VALUES (1, 'a'), (12, 'b')"),
        );
        let table = AuditedTable {
            policy: Policy {
                operations: operations(words),
                ..Policy::DEFAULT
            },
            ..describe(conn, public("low"))
        };
        if !outcome.is_begun(begin(conn, &table), "partition") {
            continue;
        }
        run_as_alice(conn, "UPDATE item SET id = 11 WHERE id = 1");
        run_as_alice(conn, "UPDATE item SET id = 2 WHERE id = 12");
        let query = format!(
            "SELECT concat_ws(' ', audit_operation, v) FROM {} ORDER BY audit_id",
            table.audit
        );
        let rows: Vec<String> = texts(conn, &query).into_iter().flatten().collect();
        let as_insert = come.replace('U', "I");
        if rows != [gone, come] && rows != [gone, &as_insert] {
            faults.push(format!("operations({words}): {rows:?}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
