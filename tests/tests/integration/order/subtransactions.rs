//! Inner writes in a subtransaction, kept and rolled back: a row is then locked or
//! left behind by another number than the transaction's own.

use super::case::Refusable::{Always, IfHidden};
use super::case::{Case, case, with_inner};

/// Writes this value, and then fails.
fn undone(value: &str) -> String {
    format!(
        "BEGIN UPDATE item SET v = '{value}' WHERE id = key; PERFORM 1 / 0;
         EXCEPTION WHEN division_by_zero THEN NULL; END"
    )
}

fn undone_delete() -> String {
    undone("z").replace("UPDATE item SET v = 'z'", "DELETE FROM item")
}

/// Writes this value in a block that could fail.
fn kept(value: &str) -> String {
    undone(value).replace("PERFORM 1 / 0;", "")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let inner_writes: [(&str, Vec<String>, [&'static str; 3]); 9] = [
        ("undone", vec![undone("z")], ["I a", "I x, U a", "I x, D x"]),
        (
            "a delete undone",
            vec![undone_delete()],
            ["I a", "I x, U a", "I x, D x"],
        ),
        (
            "kept",
            vec![kept("c")],
            ["I a, U c", "I x, U a, U c", "I x, D x"],
        ),
        (
            "undone, kept",
            vec![undone("z"), kept("c")],
            ["I a, U c", "I x, U a, U c", "I x, D x"],
        ),
        (
            "kept, undone",
            vec![kept("c"), undone("z")],
            ["I a, U c", "I x, U a, U c", "I x, D x"],
        ),
        (
            "kept twice",
            vec![kept("c"), kept("d")],
            ["I a, U c, U d", "I x, U a, U c, U d", "I x, D x"],
        ),
        (
            "undone with a kept one in it",
            vec![format!(
                "BEGIN {}; PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END",
                kept("z")
            )],
            ["I a", "I x, U a", "I x, D x"],
        ),
        (
            "kept with an undone one in it",
            vec![format!(
                "BEGIN {}; {}; EXCEPTION WHEN division_by_zero THEN NULL; END",
                kept("c"),
                undone("z")
            )],
            ["I a, U c", "I x, U a, U c", "I x, D x"],
        ),
        (
            "kept beside one without a block",
            vec![
                kept("c"),
                "UPDATE item SET v = 'd' WHERE id = key".to_owned(),
            ],
            ["I a, U c, U d", "I x, U a, U c, U d", "I x, D x"],
        ),
    ];
    for (name, bodies, expected) in inner_writes {
        let outer = [
            (
                vec!["INSERT INTO item VALUES (1, 'a') RETURNING inner_write(id)"],
                "insert",
            ),
            (
                vec![
                    "INSERT INTO item VALUES (1, 'x')",
                    "UPDATE item SET v = 'a' RETURNING inner_write(id)",
                ],
                "update",
            ),
            (
                vec![
                    "INSERT INTO item VALUES (1, 'x')",
                    "DELETE FROM item RETURNING inner_write(id)",
                ],
                "delete",
            ),
        ];
        for ((script, operation), rows) in outer.into_iter().zip(expected) {
            cases.push(Case {
                refusable: IfHidden,
                ..case(
                    &format!("{name}, in an {operation}"),
                    &with_inner(&bodies.join("; ")),
                    &script,
                    &[("1", rows)],
                )
            });
        }
    }
    cases.extend(of_sessions());
    cases
}

/// Savepoints of the transaction itself.
fn of_sessions() -> Vec<Case> {
    let touch = with_inner("UPDATE item SET v = v || '!' WHERE id = key");
    vec![
        case(
            "values of before a rollback come again",
            &touch,
            &["SAVEPOINT s; INSERT INTO item VALUES (1, 'a') RETURNING inner_write(id); UPDATE item SET v = 'c';
               ROLLBACK TO s; INSERT INTO item VALUES (1, 'a'); UPDATE item SET v = 'c'; UPDATE item SET v = 'a'"],
            &[("1", "I a, U c, U a")],
        ),
        Case {
            refusable: IfHidden,
            ..case(
                "a write undone, then a function",
                &touch,
                &["INSERT INTO item VALUES (1, 'a'); SAVEPOINT s; UPDATE item SET v = 'z' RETURNING inner_write(id); ROLLBACK TO s;
                   UPDATE item SET v = 'c' RETURNING inner_write(id)"],
                &[("1", "I a, U c, U c!")],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "savepoints in savepoints",
                &touch,
                &["SAVEPOINT a; INSERT INTO item VALUES (1, 'a') RETURNING inner_write(id); SAVEPOINT b;
                   UPDATE item SET v = 'c' RETURNING inner_write(id); SAVEPOINT c; UPDATE item SET v = 'z' RETURNING inner_write(id);
                   ROLLBACK TO c; RELEASE b; UPDATE item SET v = 'd'; RELEASE a; UPDATE item SET v = 'e'"],
                &[("1", "I a, U a!, U c, U c!, U d, U e")],
            )
        },
        Case {
            refusable: Always,
            ..case(
                "set back in a block that is kept",
                &with_inner(&kept("x")),
                &["INSERT INTO item VALUES (1, 'x')", "UPDATE item SET v = 'a' RETURNING inner_write(id)"],
                &[("1", "I x, U a, U x")],
            )
        },
    ]
}
