//! The shapes that applications have every day, on plain and partitioned tables
//! and under a key of two columns: alone, in a savepoint, and once more after a
//! savepoint that was rolled back.

use super::case::{Case, ITEM, case, function, trigger};

const TABLES: [(&str, &str, &str); 3] = [
    ("", ITEM, ""),
    (
        "partitioned ",
        "CREATE TABLE item (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
         CREATE TABLE item_low PARTITION OF item FOR VALUES FROM (0) TO (2);
         CREATE TABLE item_high PARTITION OF item DEFAULT",
        "",
    ),
    (
        "composite ",
        "CREATE TABLE item (id integer, v text, region text DEFAULT 'eu', PRIMARY KEY (region, id))",
        "eu ",
    ),
];

const WAYS: [(&str, &str, &str); 3] = [
    ("alone", "", ""),
    ("in a savepoint", "SAVEPOINT s; ", "; RELEASE s"),
    ("undone", "SAVEPOINT s; ", "; ROLLBACK TO s; "),
];

struct Shape {
    name: &'static str,
    /// What makes it, beside the table.
    ddl: String,
    before: &'static [&'static str],
    statement: &'static str,
    expected: [(&'static str, &'static str); 3],
}

fn shapes() -> [Shape; 4] {
    let touch = function(
        "touch(key integer)",
        "text",
        "UPDATE item SET v = v || '!' WHERE id = key",
        "''",
    );
    [
        Shape {
            name: "only one is current",
            ddl: trigger(
                "only_one",
                "BEFORE INSERT ON item FOR EACH ROW",
                "UPDATE item SET v = NULL WHERE v = 'current'",
            ),
            before: &[],
            statement: "INSERT INTO item VALUES (1, 'current'), (2, 'current'), (3, 'current')",
            expected: [
                ("1", "I current, U -"),
                ("2", "I current, U -"),
                ("3", "I current"),
            ],
        },
        Shape {
            name: "the others are numbered anew",
            ddl: trigger(
                "renumber",
                "AFTER UPDATE ON item FOR EACH ROW WHEN (pg_trigger_depth() = 0)",
                "UPDATE item SET v = (v::integer + 10)::text WHERE id <> NEW.id",
            ),
            before: &["INSERT INTO item VALUES (1, '1'), (2, '2'), (3, '3')"],
            statement: "UPDATE item SET v = (v::integer + 1)::text",
            expected: [
                ("1", "I 1, U 2, U 12, U 22"),
                ("2", "I 2, U 3, U 13, U 23"),
                ("3", "I 3, U 4, U 14, U 24"),
            ],
        },
        Shape {
            name: "a function in RETURNING",
            ddl: touch.clone(),
            before: &[],
            statement: "INSERT INTO item VALUES (1, 'x'), (2, 'y'), (3, 'z') RETURNING touch(id)",
            expected: [("1", "I x, U x!"), ("2", "I y, U y!"), ("3", "I z, U z!")],
        },
        Shape {
            name: "a function over WITH",
            ddl: touch,
            before: &[],
            statement:
                "WITH i AS (INSERT INTO item VALUES (1, 'x'), (2, 'y'), (3, 'z') RETURNING id)
                 SELECT touch(id) FROM i",
            expected: [("1", "I x, U x!"), ("2", "I y, U y!"), ("3", "I z, U z!")],
        },
    ]
}

/// Each shape on each table in each way.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (of_table, table, prefix) in TABLES {
        for (way, before, after) in WAYS {
            cases.extend(shapes().into_iter().map(|shape| {
                let again = if way == "undone" { shape.statement } else { "" };
                let statement = format!("{before}{}{after}{again}", shape.statement);
                let mut script = shape.before.to_vec();
                script.push(&statement);
                Case {
                    expected: shape
                        .expected
                        .map(|(key, rows)| (format!("{prefix}{key}"), rows.to_owned()))
                        .to_vec(),
                    ..case(
                        &format!("{of_table}{}, {way}", shape.name),
                        &format!("{table}; {}", shape.ddl),
                        &script,
                        &[],
                    )
                }
            }));
        }
    }
    cases
}

/// The shapes alone, on the plain table.
pub(super) fn plain() -> Vec<Case> {
    let mut cases = cases();
    cases.truncate(shapes().len());
    cases
}
