//! Keys that change, by the outer write, by the inner one, and by both.

use super::case::Refusable::{Always, IfHidden};
use super::case::{Case, ITEM, case, inner, with_inner, with_trigger};

const A: &str = "INSERT INTO item VALUES (1, 'a')";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = of_one_column();
    cases.extend(of_two_columns());
    cases.extend(without_inner_writes());
    cases
}

fn of_one_column() -> Vec<Case> {
    let rekeyed = |name, body, expected| Case {
        refusable: IfHidden,
        ..case(
            name,
            &with_inner(body),
            &[A, "UPDATE item SET id = 2 RETURNING inner_write(id)"],
            expected,
        )
    };
    vec![
        rekeyed(
            "the outer write changes the key",
            "UPDATE item SET v = 'c' WHERE id = key",
            &[("1", "I a, D a"), ("2", "U a, U c")],
        ),
        rekeyed(
            "both change the key",
            "UPDATE item SET id = 3 WHERE id = key",
            &[("1", "I a, D a"), ("2", "U a, D a"), ("3", "U a")],
        ),
        rekeyed(
            "the inner write takes the old key",
            "INSERT INTO item VALUES (1, 'c')",
            &[("1", "I a, D a, I c"), ("2", "U a")],
        ),
        rekeyed(
            "the inner write deletes the new key",
            "DELETE FROM item WHERE id = key",
            &[("1", "I a, D a"), ("2", "U a, D a")],
        ),
        Case {
            refusable: Always,
            ..rekeyed(
                "the inner write changes the key back",
                "UPDATE item SET id = 1 WHERE id = key",
                &[("1", "I a, D a, U a"), ("2", "U a, D a")],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "the inner write changes the key",
                &with_inner("UPDATE item SET id = 2 WHERE id = key"),
                &[A, "UPDATE item SET v = 'c' RETURNING inner_write(id)"],
                &[("1", "I a, U c, D c"), ("2", "U c")],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "what is there is put aside",
                &with_trigger(
                    "BEFORE INSERT ON item FOR EACH ROW",
                    "UPDATE item SET id = id + 10 * length(NEW.v) WHERE id = NEW.id",
                ),
                &["INSERT INTO item VALUES (1, 'a'), (1, 'bb'), (1, 'ccc')"],
                &[
                    ("1", "I a, D a, I bb, D bb, I ccc"),
                    ("21", "U a"),
                    ("31", "U bb"),
                ],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "keys that are equal and not the same",
                &format!(
                    "CREATE TABLE item (id numeric PRIMARY KEY, v text); {}",
                    inner("UPDATE item SET v = 'c' WHERE id = key")
                ),
                &[
                    "INSERT INTO item VALUES (1.0, 'a')",
                    "UPDATE item SET id = 1.00 RETURNING inner_write(id::integer)",
                ],
                &[("1.0", "I a, D a"), ("1.00", "U a, U c")],
            )
        },
    ]
}

fn of_two_columns() -> Vec<Case> {
    let table = "CREATE TABLE item (id integer, v text, region text, PRIMARY KEY (region, id))";
    let composite = |name, body, statement, expected| Case {
        refusable: IfHidden,
        ..case(
            name,
            &format!("{table}; {}", inner(body)),
            &[
                "INSERT INTO item VALUES (1, 'a', 'eu'), (1, 'a', 'us')",
                statement,
            ],
            expected,
        )
    };
    vec![
        composite(
            "a write under a key of two columns",
            "UPDATE item SET v = 'd' WHERE id = key AND region = 'eu'",
            "UPDATE item SET v = 'c' WHERE region = 'eu' RETURNING inner_write(id)",
            &[("eu 1", "I a, U c, U d"), ("us 1", "I a")],
        ),
        composite(
            "one column of the key changes",
            "UPDATE item SET v = 'd' WHERE id = key",
            "UPDATE item SET id = 2 WHERE region = 'eu' RETURNING inner_write(id)",
            &[("eu 1", "I a, D a"), ("eu 2", "U a, U d"), ("us 1", "I a")],
        ),
        composite(
            "both columns of the key change",
            "UPDATE item SET region = 'uk', v = 'd' WHERE id = key",
            "UPDATE item SET id = 2 WHERE region = 'eu' RETURNING inner_write(id)",
            &[
                ("eu 1", "I a, D a"),
                ("eu 2", "U a, D a"),
                ("uk 2", "U d"),
                ("us 1", "I a"),
            ],
        ),
    ]
}

fn without_inner_writes() -> Vec<Case> {
    vec![
        case(
            "a key for a row and back",
            ITEM,
            &[
                A,
                "UPDATE item SET id = 2; UPDATE item SET id = 1; UPDATE item SET id = 2, v = 'c'; UPDATE item SET id = 1, v = 'a'",
            ],
            &[
                ("1", "I a, D a, U a, D a, U a"),
                ("2", "U a, D a, U c, D c"),
            ],
        ),
        case(
            "rows that move up",
            ITEM,
            &[
                "INSERT INTO item VALUES (2, 'a'), (3, 'b'), (4, 'c')",
                "UPDATE item SET id = id - 1",
            ],
            &[
                ("1", "U a"),
                ("2", "I a, D a, U b"),
                ("3", "I b, D b, U c"),
                ("4", "I c, D c"),
            ],
        ),
    ]
}
