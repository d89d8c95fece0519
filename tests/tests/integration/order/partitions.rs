//! Partitioned tables: a row that moves is deleted and inserted.

use super::case::Refusable::{Always, IfHidden};
use super::case::{Case, case, inner, trigger};

const TABLE: &str = "CREATE TABLE item (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
     CREATE TABLE item_low PARTITION OF item FOR VALUES FROM (0) TO (10);
     CREATE TABLE item_high PARTITION OF item DEFAULT";

pub(super) fn cases() -> Vec<Case> {
    let moved = |name, body, statement, expected| Case {
        refusable: IfHidden,
        ..case(
            name,
            &format!("{TABLE}; {}", inner(body)),
            &["INSERT INTO item VALUES (1, 'a')", statement],
            expected,
        )
    };
    vec![
        case(
            "rows that move",
            TABLE,
            &[
                "INSERT INTO item VALUES (1, 'a')",
                "UPDATE item SET id = 11; UPDATE item SET id = 1; UPDATE item SET id = 11, v = 'c'",
            ],
            &[("1", "I a, D a, I a, D a"), ("11", "I a, D a, I c")],
        ),
        moved(
            "a row that moves is written to",
            "UPDATE item SET v = 'c' WHERE id = key",
            "UPDATE item SET id = 11 RETURNING inner_write(id)",
            &[("1", "I a, D a"), ("11", "I a, U c")],
        ),
        moved(
            "a row that is written to moves",
            "UPDATE item SET id = 11 WHERE id = key",
            "UPDATE item SET v = 'c' RETURNING inner_write(id)",
            &[("1", "I a, U c, D c"), ("11", "I c")],
        ),
        moved(
            "a row that moves has its place taken",
            "INSERT INTO item VALUES (1, 'c')",
            "UPDATE item SET id = 11 RETURNING inner_write(id)",
            &[("1", "I a, D a, I c"), ("11", "I a")],
        ),
        Case {
            refusable: Always,
            ..moved(
                "a row that moves is moved back",
                "UPDATE item SET id = 1 WHERE id = key",
                "UPDATE item SET id = 11 RETURNING inner_write(id)",
                &[("1", "I a, D a, I a"), ("11", "I a, D a")],
            )
        },
        moved(
            "a write to a partition by its own name",
            "UPDATE item_low SET v = 'd' WHERE id = key",
            "UPDATE item SET v = 'c' RETURNING inner_write(id)",
            &[("1", "I a, U c, U d")],
        ),
        Case {
            refusable: IfHidden,
            ..case(
                "a partition that comes later",
                &format!(
                    "{TABLE}; {}",
                    inner("UPDATE item SET v = v || '!' WHERE id = key")
                ),
                &[
                    "CREATE TABLE item_later PARTITION OF item FOR VALUES FROM (-10) TO (0)",
                    "INSERT INTO item VALUES (-1, 'a'), (1, 'a') RETURNING inner_write(id)",
                    "UPDATE item_later SET v = 'c' RETURNING inner_write(id)",
                ],
                &[("-1", "I a, U a!, U c, U c!"), ("1", "I a, U a!")],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "a trigger that moves the others",
                &format!(
                    "{TABLE}; {}",
                    trigger(
                        "make_room",
                        "BEFORE INSERT ON item FOR EACH ROW",
                        "UPDATE item SET id = id + 10 WHERE id = NEW.id"
                    )
                ),
                &["INSERT INTO item VALUES (1, 'a'), (1, 'c')"],
                &[("1", "I a, D a, I c"), ("11", "I a")],
            )
        },
    ]
}
