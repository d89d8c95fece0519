//! Writes by the actions of foreign keys.

use super::case::Refusable::{self, Always, IfHidden, Never};
use super::case::{Case, case, inner, trigger};

fn table(actions: &str) -> String {
    format!(
        "CREATE TABLE parent (name text PRIMARY KEY); INSERT INTO parent VALUES ('a'), ('b'), ('c'), ('d');
         CREATE TABLE item (id integer PRIMARY KEY, v text REFERENCES parent {actions})"
    )
}

const CASCADE: &str = "ON DELETE CASCADE ON UPDATE CASCADE";
const SET_NULL: &str = "ON DELETE SET NULL";

struct Shape {
    name: &'static str,
    actions: &'static str,
    /// What a function in RETURNING does, if there is one.
    inner: &'static str,
    statement: &'static str,
    expected: &'static str,
    refusable: Refusable,
}

const fn plain(
    name: &'static str,
    actions: &'static str,
    statement: &'static str,
    expected: &'static str,
) -> Shape {
    Shape {
        name,
        actions,
        inner: "PERFORM 1",
        statement,
        expected,
        refusable: Never,
    }
}

/// An update to `c` within which the row is written to again.
const fn nested(
    name: &'static str,
    actions: &'static str,
    inner: &'static str,
    expected: &'static str,
) -> Shape {
    Shape {
        name,
        actions,
        inner,
        statement: "UPDATE item SET v = 'c' RETURNING inner_write(id)",
        expected,
        refusable: IfHidden,
    }
}

const SHAPES: [Shape; 9] = [
    plain(
        "a cascade",
        CASCADE,
        "UPDATE parent SET name = 'e' WHERE name = 'a'; DELETE FROM parent WHERE name = 'e'",
        "I a, U e, D e",
    ),
    plain(
        "set to NULL",
        SET_NULL,
        "UPDATE item SET v = 'c'; DELETE FROM parent WHERE name = 'c'",
        "I a, U c, U -",
    ),
    plain(
        "there and back by cascades",
        CASCADE,
        "UPDATE parent SET name = 'e' WHERE name = 'a'; UPDATE parent SET name = 'a' WHERE name = 'e';
         UPDATE parent SET name = 'e' WHERE name = 'a'",
        "I a, U e, U a, U e",
    ),
    plain(
        "its own foreign key locks the parent",
        CASCADE,
        "UPDATE item SET v = 'c'; UPDATE item SET v = 'a'; UPDATE item SET v = 'c'",
        "I a, U c, U a, U c",
    ),
    nested(
        "an inner delete of the parent cascades",
        CASCADE,
        "DELETE FROM parent WHERE name = 'c'",
        "I a, U c, D c",
    ),
    nested(
        "an inner update of the parent cascades",
        CASCADE,
        "UPDATE parent SET name = 'e' WHERE name = 'c'",
        "I a, U c, U e",
    ),
    nested(
        "an inner delete of the parent sets to NULL",
        SET_NULL,
        "DELETE FROM parent WHERE name = 'c'",
        "I a, U c, U -",
    ),
    nested(
        "an inner delete and an insert",
        CASCADE,
        "DELETE FROM parent WHERE name = 'c'; INSERT INTO item VALUES (key, 'd')",
        "I a, U c, D c, I d",
    ),
    Shape {
        refusable: Always,
        ..nested(
            "an inner update of the parent sets back",
            CASCADE,
            "DELETE FROM parent WHERE name = 'a'; UPDATE parent SET name = 'a' WHERE name = 'c'",
            "I a, U c, U a",
        )
    },
];

pub(super) fn cases() -> Vec<Case> {
    let shapes = SHAPES.into_iter();
    let mut cases: Vec<Case> = shapes
        .map(|shape| Case {
            refusable: shape.refusable,
            ..case(
                shape.name,
                &format!("{}; {}", table(shape.actions), inner(shape.inner)),
                &["INSERT INTO item VALUES (1, 'a')", shape.statement],
                &[("1", shape.expected)],
            )
        })
        .collect();
    cases.push(Case {
        refusable: IfHidden,
        ..case(
            "a cascade meets a trigger that writes to the others",
            &format!(
                "{}; {}",
                table(CASCADE),
                trigger(
                    "tell_the_others",
                    "AFTER UPDATE ON item FOR EACH ROW WHEN (NEW.v = 'e')",
                    "UPDATE item SET v = 'd' WHERE id <> NEW.id AND v <> 'd'"
                )
            ),
            &[
                "INSERT INTO item VALUES (1, 'a'), (2, 'a'), (3, 'a')",
                "UPDATE parent SET name = 'e' WHERE name = 'a'",
            ],
            &[
                ("1", "I a, U e, U d"),
                ("2", "I a, U e, U d"),
                ("3", "I a, U e, U d"),
            ],
        )
    });
    cases
}
