//! Triggers of the application that write to the table they are on.

use super::case::Refusable::{Always, IfHidden};
use super::case::{Case, ITEM, case, function, inner, trigger, with_trigger};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = before();
    cases.extend(after());
    cases.extend(for_statements());
    cases.extend(elsewhere());
    cases
}

fn before() -> Vec<Case> {
    let replace = with_trigger(
        "BEFORE INSERT ON item FOR EACH ROW",
        "DELETE FROM item WHERE id = NEW.id",
    );
    vec![
        Case {
            refusable: IfHidden,
            ..case(
                "what is there is replaced",
                &replace,
                &[
                    "INSERT INTO item VALUES (1, 'a'), (1, 'b'), (1, 'c'), (2, 'd')",
                    "INSERT INTO item VALUES (1, 'd')",
                ],
                &[("1", "I a, D a, I b, D b, I c, D c, I d"), ("2", "I d")],
            )
        },
        Case {
            refusable: Always,
            ..case(
                "what is there is replaced by the same",
                &replace,
                &["INSERT INTO item VALUES (1, 'a'), (1, 'a'), (1, 'a')"],
                &[("1", "I a, D a, I a, D a, I a")],
            )
        },
        case(
            "room is made in the list",
            &with_trigger(
                "BEFORE INSERT ON item FOR EACH ROW",
                "UPDATE item SET v = (v::integer + 1)::text WHERE v >= NEW.v",
            ),
            &["INSERT INTO item VALUES (1, '1'), (2, '1'), (3, '1')"],
            &[("1", "I 1, U 2, U 3"), ("2", "I 1, U 2"), ("3", "I 1")],
        ),
        case(
            "only one is current, by updates",
            &with_trigger(
                "BEFORE UPDATE ON item FOR EACH ROW WHEN (NEW.v = 'current')",
                "UPDATE item SET v = 'old' WHERE v = 'current'",
            ),
            &[
                "INSERT INTO item VALUES (1, 'a'), (2, 'a'), (3, 'a')",
                "UPDATE item SET v = 'current'",
            ],
            &[
                ("1", "I a, U current, U old"),
                ("2", "I a, U current, U old"),
                ("3", "I a, U current"),
            ],
        ),
        Case {
            copied: Some("1\tcurrent\n2\tcurrent\n3\tcurrent\n"),
            ..case(
                "only one is current, by COPY",
                &with_trigger(
                    "BEFORE INSERT ON item FOR EACH ROW",
                    "UPDATE item SET v = NULL WHERE v = 'current'",
                ),
                &[],
                &[
                    ("1", "I current, U -"),
                    ("2", "I current, U -"),
                    ("3", "I current"),
                ],
            )
        },
    ]
}

fn after() -> Vec<Case> {
    let touch = "UPDATE item SET v = v || '!' WHERE id = NEW.id";
    let fires = "AFTER INSERT OR UPDATE ON item FOR EACH ROW WHEN (pg_trigger_depth() = 0)";
    let script = &[
        "INSERT INTO item VALUES (1, 'a'), (2, 'c')",
        "UPDATE item SET v = 'd'",
    ][..];
    let touched: &[(&str, &str)] = &[("1", "I a, U a!, U d, U d!"), ("2", "I c, U c!, U d, U d!")];
    let count = "UPDATE item SET v = (SELECT count(*) FROM item)::text";
    vec![
        case("a trigger that fires after the audit's", &with_trigger(fires, touch), script, touched),
        Case {
            refusable: IfHidden,
            ..case(
                "a trigger that fires before the audit's",
                &format!("{ITEM}; {}", trigger("!first", fires, touch)),
                script,
                touched,
            )
        },
        Case {
            copied: Some("1\ta\n2\tc\n"),
            ..case(
                "each row is counted, by COPY",
                &with_trigger("AFTER INSERT ON item FOR EACH ROW", "UPDATE item SET v = v || NEW.id"),
                &[],
                &[("1", "I a, U a1, U a12"), ("2", "I c, U c1, U c12")],
            )
        },
        Case {
            refusable: Always,
            ..case(
                "all rows get the same, once for each",
                &with_trigger("AFTER INSERT ON item FOR EACH ROW", count),
                &["INSERT INTO item VALUES (1, '0'), (2, '0'), (3, '0')"],
                &[("1", "I 0, U 3, U 3, U 3"), ("2", "I 0, U 3, U 3, U 3"), ("3", "I 0, U 3, U 3, U 3")],
            )
        },
        case(
            "triggers that fire each other",
            &with_trigger(
                "AFTER UPDATE ON item FOR EACH ROW WHEN (length(NEW.v) < 5)",
                "UPDATE item SET v = v || NEW.id WHERE id <> NEW.id AND length(v) < 5",
            ),
            &["INSERT INTO item VALUES (1, 'a'), (2, 'c')", "UPDATE item SET v = v || '.'"],
            &[("1", "I a, U a., U a.2, U a.22, U a.222"), ("2", "I c, U c., U c.1, U c.11, U c.111")],
        ),
        Case {
            refusable: IfHidden,
            ..case(
                "an inner write that is undone in a trigger",
                &with_trigger(
                    "AFTER UPDATE ON item FOR EACH ROW WHEN (pg_trigger_depth() = 0)",
                    "BEGIN UPDATE item SET v = 'z' WHERE id <> NEW.id; PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END;
                     UPDATE item SET v = v || NEW.id WHERE id <> NEW.id",
                ),
                &["INSERT INTO item VALUES (1, 'a'), (2, 'c')", "UPDATE item SET v = v || '.'"],
                &[("1", "I a, U a., U a.2"), ("2", "I c, U c., U c.1")],
            )
        },
        case(
            "constraint triggers at the end",
            &format!(
                "{ITEM}; {}",
                trigger(
                    "at_the_end",
                    "AFTER INSERT OR UPDATE ON item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (length(NEW.v) = 1)",
                    "UPDATE item SET v = v || NEW.v"
                )
                .replace("CREATE TRIGGER", "CREATE CONSTRAINT TRIGGER")
            ),
            &[
                "INSERT INTO item VALUES (1, 'a'), (2, 'c'); UPDATE item SET v = 'd' WHERE id = 1",
                "UPDATE item SET v = 'e'; SET CONSTRAINTS ALL IMMEDIATE; UPDATE item SET v = 'f'",
            ],
            &[
                ("1", "I a, U d, U da, U dac, U dacd, U e, U ee, U eee, U f, U ff, U fff"),
                ("2", "I c, U ca, U cac, U cacd, U e, U ee, U eee, U f, U ff, U fff"),
            ],
        ),
    ]
}

fn for_statements() -> Vec<Case> {
    let all = "UPDATE item SET v = v || '!'";
    vec![
        case(
            "a trigger for the statement, after it",
            &with_trigger("AFTER INSERT ON item FOR EACH STATEMENT", all),
            &[
                "INSERT INTO item VALUES (1, 'a'), (2, 'c')",
                "INSERT INTO item VALUES (3, 'd')",
            ],
            &[
                ("1", "I a, U a!, U a!!"),
                ("2", "I c, U c!, U c!!"),
                ("3", "I d, U d!"),
            ],
        ),
        case(
            "a trigger for the statement, before it",
            &with_trigger("BEFORE INSERT ON item FOR EACH STATEMENT", all),
            &[
                "INSERT INTO item VALUES (1, 'a'), (2, 'c'); UPDATE item SET v = v || '.'; INSERT INTO item VALUES (3, 'd')",
            ],
            &[
                ("1", "I a, U a., U a.!"),
                ("2", "I c, U c., U c.!"),
                ("3", "I d"),
            ],
        ),
        Case {
            refusable: IfHidden,
            ..case(
                "a trigger for a statement of two writes",
                &with_trigger("AFTER INSERT ON item FOR EACH STATEMENT", all),
                &[
                    "INSERT INTO item VALUES (1, 'a')",
                    "WITH i AS (INSERT INTO item VALUES (2, 'c')) UPDATE item SET v = 'd' WHERE id = 1",
                    "WITH u AS (UPDATE item SET v = 'e' WHERE id = 1) INSERT INTO item VALUES (3, 'f')",
                ],
                &[
                    ("1", "I a, U a!, U d, U d!, U e, U e!"),
                    ("2", "I c, U c!, U c!!"),
                    ("3", "I f, U f!"),
                ],
            )
        },
    ]
}

/// On another table, which is not audited.
fn elsewhere() -> Vec<Case> {
    let other = "CREATE TABLE other (item integer)";
    let touch = "UPDATE item SET v = v || '!' WHERE id = NEW.item";
    vec![
        Case {
            refusable: IfHidden,
            ..case(
                "a trigger before a write to another table",
                &format!(
                    "{ITEM}; {other}; {}",
                    trigger("everyday", "BEFORE INSERT ON other FOR EACH ROW", touch)
                ),
                &[
                    "WITH i AS (INSERT INTO item VALUES (1, 'a'), (2, 'c') RETURNING id) INSERT INTO other SELECT id FROM i",
                    "WITH u AS (UPDATE item SET v = 'd' RETURNING id) INSERT INTO other SELECT id FROM u",
                ],
                &[("1", "I a, U a!, U d, U d!"), ("2", "I c, U c!, U d, U d!")],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "tables that write to each other",
                &format!(
                    "{ITEM}; {other}; {}; {}",
                    trigger(
                        "to_other",
                        "AFTER INSERT ON item FOR EACH ROW",
                        "INSERT INTO other VALUES (NEW.id)"
                    ),
                    trigger(
                        "to_item",
                        "AFTER INSERT ON other FOR EACH ROW",
                        "UPDATE item SET v = v || NEW.item"
                    ),
                ),
                &["INSERT INTO item VALUES (1, 'a'), (2, 'c'), (3, 'd')"],
                &[
                    ("1", "I a, U a1, U a12, U a123"),
                    ("2", "I c, U c1, U c12, U c123"),
                    ("3", "I d, U d1, U d12, U d123"),
                ],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "a definer function that a trigger calls",
                &format!(
                    "{ITEM}; {}; {}",
                    function(
                        "touch(key integer)",
                        "text",
                        "UPDATE item SET v = v || '!' WHERE id < key",
                        "''"
                    )
                    .replace("LANGUAGE plpgsql", "LANGUAGE plpgsql SECURITY DEFINER"),
                    trigger(
                        "everyday",
                        "BEFORE INSERT ON item FOR EACH ROW",
                        "PERFORM touch(NEW.id)"
                    ),
                ),
                &["INSERT INTO item VALUES (1, 'a'), (2, 'c'), (3, 'd')"],
                &[("1", "I a, U a!, U a!!"), ("2", "I c, U c!"), ("3", "I d")],
            )
        },
        Case {
            refusable: IfHidden,
            ..case(
                "a function in RETURNING beside a trigger",
                &format!(
                    "{}; {}",
                    with_trigger(
                        "BEFORE INSERT ON item FOR EACH ROW",
                        "UPDATE item SET v = v || '.' WHERE id < NEW.id"
                    ),
                    inner("UPDATE item SET v = v || '!' WHERE id <= key")
                ),
                &["INSERT INTO item VALUES (1, 'a'), (2, 'c') RETURNING inner_write(id)"],
                &[("1", "I a, U a!, U a!., U a!.!"), ("2", "I c, U c!")],
            )
        },
    ]
}
