//! Functions in RETURNING that write to the row which is just being written.

use super::case::Refusable::{Always, IfHidden};
use super::case::{Case, ITEM, case, function, with_inner};

const X: &str = "INSERT INTO item VALUES (1, 'x')";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = inserts();
    cases.extend(updates());
    cases.extend(deletes());
    cases.extend(deeper());
    cases
}

fn inserts() -> Vec<Case> {
    let insert = |name, body, expected| Case {
        refusable: IfHidden,
        ..case(
            name,
            &with_inner(body),
            &["INSERT INTO item VALUES (1, 'a') RETURNING inner_write(id)"],
            expected,
        )
    };
    vec![
        insert(
            "inserted and deleted",
            "DELETE FROM item WHERE id = key",
            &[("1", "I a, D a")],
        ),
        insert(
            "inserted, deleted and inserted",
            "DELETE FROM item WHERE id = key; INSERT INTO item VALUES (key, 'c')",
            &[("1", "I a, D a, I c")],
        ),
        Case {
            refusable: Always,
            ..insert(
                "inserted, deleted and inserted as it was",
                "DELETE FROM item WHERE id = key; INSERT INTO item VALUES (key, 'a')",
                &[("1", "I a, D a, I a")],
            )
        },
        insert(
            "two inner writes",
            "UPDATE item SET v = 'b' WHERE id = key; UPDATE item SET v = 'c' WHERE id = key",
            &[("1", "I a, U b, U c")],
        ),
        Case {
            refusable: Always,
            ..insert(
                "an inner write that changes nothing",
                "UPDATE item SET v = v WHERE id = key",
                &[("1", "I a, U a")],
            )
        },
        insert(
            "inner writes of which the first changes nothing",
            "UPDATE item SET v = v WHERE id = key; UPDATE item SET v = 'b' WHERE id = key",
            &[("1", "I a, U a, U b")],
        ),
        insert(
            "inserted and given another key",
            "UPDATE item SET id = 2 WHERE id = key",
            &[("1", "I a, D a"), ("2", "U a")],
        ),
        Case {
            refusable: IfHidden,
            ..case(
                "each row writes to the first one",
                &with_inner("UPDATE item SET v = v || key WHERE id = 1"),
                &["INSERT INTO item VALUES (1, 'a'), (2, 'a'), (3, 'a') RETURNING inner_write(id)"],
                &[
                    ("1", "I a, U a1, U a12, U a123"),
                    ("2", "I a"),
                    ("3", "I a"),
                ],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "a function in SQL",
                &format!(
                    "{ITEM}; CREATE FUNCTION touch(key integer) RETURNS text LANGUAGE sql
                         AS $$ UPDATE item SET v = v || '!' WHERE id = key RETURNING v $$"
                ),
                &[
                    "INSERT INTO item VALUES (1, 'a') RETURNING touch(id)",
                    "UPDATE item SET v = 'c' RETURNING touch(id)",
                ],
                &[("1", "I a, U a!, U c, U c!")],
            )
        },
    ]
}

fn updates() -> Vec<Case> {
    let update = |name, body, expected| Case {
        refusable: IfHidden,
        ..case(
            name,
            &with_inner(body),
            &[
                X,
                "UPDATE item SET v = 'a' WHERE id = 1 RETURNING inner_write(id)",
            ],
            expected,
        )
    };
    let repeats = |name, body, expected| Case {
        refusable: Always,
        ..update(name, body, expected)
    };
    vec![
        update(
            "updated twice",
            "UPDATE item SET v = 'b' WHERE id = key",
            &[("1", "I x, U a, U b")],
        ),
        update(
            "updated three times",
            "UPDATE item SET v = 'b' WHERE id = key; UPDATE item SET v = 'c' WHERE id = key",
            &[("1", "I x, U a, U b, U c")],
        ),
        update(
            "updated and deleted",
            "DELETE FROM item WHERE id = key",
            &[("1", "I x, U a, D a")],
        ),
        update(
            "updated, deleted and inserted",
            "DELETE FROM item WHERE id = key; INSERT INTO item VALUES (key, 'c')",
            &[("1", "I x, U a, D a, I c")],
        ),
        repeats(
            "set back",
            "UPDATE item SET v = 'x' WHERE id = key",
            &[("1", "I x, U a, U x")],
        ),
        repeats(
            "updated to the same",
            "UPDATE item SET v = v WHERE id = key",
            &[("1", "I x, U a, U a")],
        ),
        repeats(
            "to and fro",
            "UPDATE item SET v = 'c' WHERE id = key; UPDATE item SET v = 'a' WHERE id = key",
            &[("1", "I x, U a, U c, U a")],
        ),
        repeats(
            "back and to",
            "UPDATE item SET v = 'x' WHERE id = key; UPDATE item SET v = 'a' WHERE id = key",
            &[("1", "I x, U a, U x, U a")],
        ),
        Case {
            script: vec![
                X.to_owned(),
                "UPDATE item SET v = v WHERE id = 1 RETURNING inner_write(id)".to_owned(),
            ],
            ..repeats(
                "an outer write that changes nothing",
                "UPDATE item SET v = 'c' WHERE id = key",
                &[("1", "I x, U x, U c")],
            )
        },
    ]
}

/// What is inserted by the inner statement is another row of the same key.
fn deletes() -> Vec<Case> {
    let delete = |name, body, expected| Case {
        refusable: IfHidden,
        ..case(
            name,
            &with_inner(body),
            &[X, "DELETE FROM item WHERE id = 1 RETURNING inner_write(id)"],
            expected,
        )
    };
    vec![
        delete(
            "deleted and inserted",
            "INSERT INTO item VALUES (key, 'a')",
            &[("1", "I x, D x, I a")],
        ),
        Case {
            refusable: Always,
            ..delete(
                "deleted and inserted as it was",
                "INSERT INTO item VALUES (key, 'x')",
                &[("1", "I x, D x, I x")],
            )
        },
        delete(
            "deleted, inserted and updated",
            "INSERT INTO item VALUES (key, 'a'); UPDATE item SET v = 'c' WHERE id = key",
            &[("1", "I x, D x, I a, U c")],
        ),
        delete(
            "deleted, inserted and deleted",
            "INSERT INTO item VALUES (key, 'a'); DELETE FROM item WHERE id = key",
            &[("1", "I x, D x, I a, D a")],
        ),
        Case {
            refusable: Always,
            ..delete(
                "deleted, inserted as it was and deleted",
                "INSERT INTO item VALUES (key, 'x'); DELETE FROM item WHERE id = key",
                &[("1", "I x, D x, I x, D x")],
            )
        },
    ]
}

/// A write in a write in a write, whose innermost is recorded first.
fn deeper() -> Vec<Case> {
    let three = |values: [&str; 3]| {
        let step = |n: usize, returning: &str| {
            format!(
                "UPDATE item SET v = '{}' WHERE id = key{returning}",
                values[n]
            )
        };
        // In plpgsql a RETURNING needs somebody who takes it.
        let level = |name: &str, n: usize, calls: Option<&str>| {
            let returning =
                calls.map_or_else(String::new, |f| format!(" RETURNING {f}(id) INTO key"));
            function(
                &format!("{name}(key integer)"),
                "integer",
                &step(n, &returning),
                "key",
            )
        };
        format!(
            "{ITEM}; {}; {}; {}",
            level("third", 2, None),
            level("second", 1, Some("third")),
            level("first", 0, Some("second")),
        )
    };
    vec![
        Case {
            refusable: IfHidden,
            ..case(
                "three levels",
                &three(["b", "c", "d"]),
                &["INSERT INTO item VALUES (1, 'a') RETURNING first(id)"],
                &[("1", "I a, U b, U c, U d")],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "three levels in an update",
                &three(["b", "c", "d"]),
                &[X, "UPDATE item SET v = 'a' RETURNING first(id)"],
                &[("1", "I x, U a, U b, U c, U d")],
            )
        },
        Case {
            refusable: Always,
            ..case(
                "three levels to and fro",
                &three(["c", "a", "c"]),
                &["INSERT INTO item VALUES (1, 'a') RETURNING first(id)"],
                &[("1", "I a, U c, U a, U c")],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "after other writes of the transaction",
                &with_inner("UPDATE item SET v = v || '!' WHERE id = key"),
                &["INSERT INTO item VALUES (1, 'a'); UPDATE item SET v = 'c';
                   UPDATE item SET v = 'd' RETURNING inner_write(id); UPDATE item SET v = 'e' RETURNING inner_write(id);
                   DELETE FROM item; INSERT INTO item VALUES (1, 'f') RETURNING inner_write(id); UPDATE item SET v = 'g'"],
                &[("1", "I a, U c, U d, U d!, U e, U e!, D e!, I f, U f!, U g")],
            )
        },
        Case {
            refusable: Always,
            ..case(
                "the same values again and again",
                &with_inner("UPDATE item SET v = 'a' WHERE id = key"),
                &["INSERT INTO item VALUES (1, 'a'); UPDATE item SET v = 'c' RETURNING inner_write(id);
                   UPDATE item SET v = 'c' RETURNING inner_write(id); UPDATE item SET v = 'd'"],
                &[("1", "I a, U c, U a, U c, U a, U d")],
            )
        },
    ]
}
