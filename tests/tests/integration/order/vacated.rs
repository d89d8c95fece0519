//! A key that one row leaves and another one takes, within one statement.

use super::case::Refusable::{IfHidden, IfLeftOut};
use super::case::{Case, ITEM, case, function, trigger, with_inner, with_trigger};

const TAKES: &str = "UPDATE item SET id = key WHERE id = key + 1";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = taken();
    cases.extend(made_late());
    cases
}

/// By another row, which this transaction has made or which was there before.
fn taken() -> Vec<Case> {
    let two = "INSERT INTO item VALUES (1, 'a'), (2, 'c')";
    let own = |statement: &str| format!("{two}; {statement}");
    let deletes = "DELETE FROM item WHERE id = 1 RETURNING inner_write(id)";
    let moves = "UPDATE item SET id = 5 WHERE id = 1 RETURNING inner_write(1)";
    let hidden = |name: &str, ddl: &str, script: &[&str], expected: &[(&str, &str)]| Case {
        refusable: IfHidden,
        ..case(name, ddl, script, expected)
    };
    vec![
        hidden(
            "an own row takes the key of one that is deleted",
            &with_inner(TAKES),
            &[&own(deletes)],
            &[("1", "I a, D a, U c"), ("2", "I c, D c")],
        ),
        hidden(
            "a row from before takes it",
            &with_inner(TAKES),
            &[two, deletes],
            &[("1", "I a, D a, U c"), ("2", "I c, D c")],
        ),
        hidden(
            "an own row takes the key of one that goes to another",
            &with_inner(TAKES),
            &[&own(moves)],
            &[("1", "I a, D a, U c"), ("2", "I c, D c"), ("5", "U a")],
        ),
        hidden(
            "the rows after a deleted one close the gap",
            &with_trigger(
                "AFTER DELETE ON item FOR EACH ROW",
                "UPDATE item SET id = id - 1 WHERE id > OLD.id",
            ),
            &[
                "INSERT INTO item VALUES (1, 'a'), (2, 'c'), (3, 'd')",
                "DELETE FROM item WHERE id IN (1, 2)",
            ],
            &[("1", "I a, D a"), ("2", "I c, D c, U d"), ("3", "I d, D d")],
        ),
    ]
}

/// The row ends before the change that has made it is recorded.
fn made_late() -> Vec<Case> {
    let nested = format!(
        "{ITEM}; {}; {}",
        function(
            "again(key integer)",
            "integer",
            "INSERT INTO item VALUES (key, 'n'); UPDATE item SET v = 'm' WHERE id = key",
            "key"
        ),
        function(
            "inner_write(key integer)",
            "integer",
            "DELETE FROM item WHERE id = key RETURNING again(id) INTO key",
            "key"
        )
    );
    vec![
        Case {
            refusable: IfHidden,
            ..case(
                "inserted, deleted, and inserted by the innermost",
                &nested,
                &["INSERT INTO item VALUES (1, 'a') RETURNING inner_write(id)"],
                &[("1", "I a, D a, I n, U m")],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "inserted, changed, deleted and inserted within",
                &with_inner(
                    "UPDATE item SET v = 'b' WHERE id = key; DELETE FROM item WHERE id = key;
                     INSERT INTO item VALUES (key, 'c')",
                ),
                &["INSERT INTO item VALUES (1, 'a') RETURNING inner_write(id)"],
                &[("1", "I a, U b, D b, I c")],
            )
        },
        Case {
            refusable: IfLeftOut,
            ..case(
                "left as it was, deleted, and inserted within",
                &with_inner("INSERT INTO item VALUES (key, 'c')"),
                &[
                    "INSERT INTO item VALUES (1, 'a')",
                    "UPDATE item SET v = v; DELETE FROM item WHERE id = 1 RETURNING inner_write(id)",
                ],
                &[("1", "I a, U a, D a, I c")],
            )
        },
        Case {
            refusable: IfLeftOut,
            ..case(
                "replaced before it is inserted",
                &format!(
                    "{ITEM}; {}",
                    trigger(
                        "everyday",
                        "BEFORE INSERT ON item FOR EACH ROW WHEN (pg_trigger_depth() = 0)",
                        "DELETE FROM item WHERE id = NEW.id"
                    )
                ),
                &[
                    "INSERT INTO item VALUES (1, 'a')",
                    "INSERT INTO item VALUES (1, 'c')",
                ],
                &[("1", "I a, D a, I c")],
            )
        },
    ]
}
