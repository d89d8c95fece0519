//! Every statement that can have another one inside.

use super::case::Refusable::IfHidden;
use super::case::{Case, ITEM, case, function, inner, with_inner, with_trigger};

const TOUCH: &str = "UPDATE item SET v = v || '!' WHERE id = key";
const TWO: &str = "INSERT INTO item VALUES (1, 'a'), (2, 'c')";

fn nested(name: &str, ddl: &str, script: &[&str], expected: &[(&str, &str)]) -> Case {
    Case {
        refusable: IfHidden,
        ..case(name, ddl, script, expected)
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = upserts_and_merge();
    cases.extend(with());
    cases.extend(cursors());
    cases.extend(expressions());
    cases.extend(types());
    cases
}

fn upserts_and_merge() -> Vec<Case> {
    vec![
        nested(
            "an upsert",
            &with_inner(TOUCH),
            &[
                "INSERT INTO item VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET v = 'd' RETURNING inner_write(id)",
                "INSERT INTO item VALUES (1, 'a'), (2, 'c') ON CONFLICT (id) DO UPDATE SET v = 'd' RETURNING inner_write(id)",
            ],
            &[("1", "I a, U a!, U d, U d!"), ("2", "I c, U c!")],
        ),
        nested(
            "an upsert twice in a transaction",
            &with_inner(TOUCH),
            &["INSERT INTO item VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET v = 'd' RETURNING inner_write(id);
               INSERT INTO item VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET v = 'e' RETURNING inner_write(id);
               INSERT INTO item VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET id = 2, v = 'f' RETURNING inner_write(id)"],
            &[("1", "I a, U a!, U e, U e!, D e!"), ("2", "U f, U f!")],
        ),
        case(
            "MERGE with a trigger",
            &with_trigger(
                "AFTER INSERT OR UPDATE OR DELETE ON item FOR EACH ROW WHEN (pg_trigger_depth() = 0)",
                "UPDATE item SET v = v || '!' WHERE id <> coalesce(NEW.id, OLD.id)",
            ),
            &[
                "INSERT INTO item VALUES (1, 'a')",
                "INSERT INTO item VALUES (2, 'c')",
                "MERGE INTO item USING (VALUES (1, 'd'), (2, NULL), (3, 'e')) AS new (id, v) ON item.id = new.id
                 WHEN MATCHED AND new.v IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET v = new.v
                 WHEN NOT MATCHED THEN INSERT VALUES (new.id, new.v)",
            ],
            &[("1", "I a, U a!, U d, U d!, U d!!"), ("2", "I c, D c"), ("3", "I e, U e!, U e!!")],
        ),
        case(
            "MERGE twice in a transaction",
            ITEM,
            &[
                "INSERT INTO item VALUES (1, 'a')",
                "MERGE INTO item USING (VALUES (1)) AS new (id) ON item.id = new.id WHEN MATCHED THEN UPDATE SET v = 'c';
                 MERGE INTO item USING (VALUES (1)) AS new (id) ON item.id = new.id WHEN MATCHED THEN UPDATE SET v = 'a'",
            ],
            &[("1", "I a, U c, U a")],
        ),
    ]
}

fn with() -> Vec<Case> {
    vec![
        case(
            "deleted and inserted by one statement",
            ITEM,
            &[
                TWO,
                "WITH d AS (DELETE FROM item RETURNING *) INSERT INTO item SELECT id, v || '.' FROM d",
            ],
            &[("1", "I a, D a, I a."), ("2", "I c, D c, I c.")],
        ),
        nested(
            "a function over an update",
            &with_inner(TOUCH),
            &[
                TWO,
                "WITH u AS (UPDATE item SET v = 'd' RETURNING id) SELECT inner_write(id) FROM u",
            ],
            &[("1", "I a, U d, U d!"), ("2", "I c, U d, U d!")],
        ),
        nested(
            "a function over a delete",
            &with_inner("INSERT INTO item VALUES (key, 'd')"),
            &[
                TWO,
                "WITH d AS (DELETE FROM item RETURNING id) SELECT inner_write(id) FROM d",
            ],
            &[("1", "I a, D a, I d"), ("2", "I c, D c, I d")],
        ),
        nested(
            "a write to the row of another part",
            &with_inner("UPDATE item SET v = v || '!' WHERE id < key"),
            &["WITH i AS (INSERT INTO item VALUES (1, 'a') RETURNING id)
               INSERT INTO item SELECT id + 1, 'c' FROM i RETURNING inner_write(id)"],
            &[("1", "I a, U a!"), ("2", "I c")],
        ),
        nested(
            "two parts that call functions",
            &with_inner(TOUCH),
            &[
                TWO,
                "WITH a AS (UPDATE item SET v = 'd' WHERE id = 1 RETURNING inner_write(id) AS id),
                     b AS (UPDATE item SET v = 'e' WHERE id = 2 RETURNING inner_write(id) AS id)
                 SELECT inner_write(3 - a.id), inner_write(3 - b.id) FROM a, b",
            ],
            &[
                ("1", "I a, U d, U d!, U d!!"),
                ("2", "I c, U e, U e!, U e!!"),
            ],
        ),
    ]
}

fn cursors() -> Vec<Case> {
    vec![
        case(
            "a cursor in a block",
            ITEM,
            &[
                TWO,
                "DO $$ DECLARE all_items CURSOR FOR SELECT * FROM item ORDER BY id FOR UPDATE; BEGIN
                     FOR one IN all_items LOOP
                         UPDATE item SET v = 'd' WHERE CURRENT OF all_items;
                         UPDATE item SET v = one.v WHERE id = one.id;
                     END LOOP;
                 END $$",
            ],
            &[("1", "I a, U d, U a"), ("2", "I c, U d, U c")],
        ),
        case(
            "a cursor of the session",
            ITEM,
            &[
                TWO,
                "DECLARE all_items CURSOR FOR SELECT * FROM item ORDER BY id FOR UPDATE;
                 FETCH all_items; UPDATE item SET v = 'b' WHERE CURRENT OF all_items; UPDATE item SET v = 'a' WHERE id = 1;
                 FETCH all_items; DELETE FROM item WHERE CURRENT OF all_items; UPDATE item SET v = 'b' WHERE id = 1",
            ],
            &[("1", "I a, U b, U a, U b"), ("2", "I c, D c")],
        ),
        nested(
            "a function in the rows of a cursor",
            &with_inner(&TOUCH.replace("id = key", "CURRENT OF c").replace(
                "UPDATE",
                "DECLARE c CURSOR FOR SELECT FROM item WHERE id = key FOR UPDATE; BEGIN OPEN c; MOVE c; UPDATE",
            ))
            .replace("CURRENT OF c;", "CURRENT OF c; END;"),
            &["INSERT INTO item VALUES (1, 'a') RETURNING inner_write(id)"],
            &[("1", "I a, U a!")],
        ),
        case(
            "a loop over the rows that are written",
            ITEM,
            &["DO $$ DECLARE one integer; BEGIN
                   FOR one IN INSERT INTO item VALUES (1, 'a'), (2, 'c') RETURNING id LOOP
                       UPDATE item SET v = v || '!' WHERE id >= one;
                   END LOOP;
               END $$"],
            &[("1", "I a, U a!"), ("2", "I c, U c!, U c!!")],
        ),
    ]
}

/// Functions that write, where nobody looks for them.
fn expressions() -> Vec<Case> {
    let first = inner("UPDATE item SET v = v || key WHERE id = 1");
    let by_default = function(
        "next_value()",
        "text",
        "UPDATE item SET v = v || '!'",
        "'n'",
    );
    vec![
        nested(
            "in SET",
            &format!("{ITEM}; {first}"),
            &[
                "INSERT INTO item VALUES (1, 'a'), (2, 'c'), (3, 'd')",
                "UPDATE item SET v = CASE WHEN id > 1 THEN inner_write(id)::text ELSE 'e' END",
            ],
            &[
                ("1", "I a, U e, U e2, U e23"),
                ("2", "I c, U 2"),
                ("3", "I d, U 3"),
            ],
        ),
        nested(
            "in the rows of an INSERT",
            &format!("{ITEM}; {first}"),
            &["INSERT INTO item SELECT n, inner_write(n)::text FROM generate_series(1, 3) AS n"],
            &[("1", "I 1, U 12, U 123"), ("2", "I 2"), ("3", "I 3")],
        ),
        nested(
            "in a default",
            &format!("{ITEM}; {by_default}; ALTER TABLE item ALTER v SET DEFAULT next_value()"),
            &["INSERT INTO item VALUES (1), (2), (3)"],
            &[("1", "I n, U n!, U n!!"), ("2", "I n, U n!"), ("3", "I n")],
        ),
        nested(
            "in a constraint",
            &format!(
                "{ITEM}; {first}; ALTER TABLE item ADD CHECK (id = 1 OR id > 9 OR inner_write(id) = id)"
            ),
            &["INSERT INTO item VALUES (1, 'a'), (2, 'c'), (3, 'd')"],
            &[("1", "I a, U a2, U a23"), ("2", "I c"), ("3", "I d")],
        ),
        nested(
            "through a view",
            &format!(
                "{}; CREATE VIEW items AS SELECT * FROM item",
                with_inner(TOUCH)
            ),
            &[
                "INSERT INTO items VALUES (1, 'a') RETURNING inner_write(id)",
                "UPDATE items SET v = 'c' RETURNING inner_write(id)",
            ],
            &[("1", "I a, U a!, U c, U c!")],
        ),
        case(
            "by a rule",
            &format!(
                "{ITEM}; CREATE RULE also AS ON INSERT TO item DO ALSO UPDATE item SET v = v || '!' WHERE id <= NEW.id"
            ),
            &[
                "INSERT INTO item VALUES (1, 'a')",
                "INSERT INTO item VALUES (2, 'c')",
            ],
            &[("1", "I a, U a!, U a!!"), ("2", "I c, U c!")],
        ),
    ]
}

/// Values that have no `=`, or whose `=` takes different ones for equal.
fn types() -> Vec<Case> {
    let of = |sql_type: &str, from: &str, to: &str, rows: &str| {
        nested(
            &format!("values of {sql_type}"),
            &format!(
                "CREATE TABLE item (id integer PRIMARY KEY, v {sql_type}); {}",
                inner(&format!("UPDATE item SET v = {to} WHERE id = key"))
            ),
            &[
                &format!("INSERT INTO item VALUES (1, {from}) RETURNING inner_write(id)"),
                "UPDATE item SET v = NULL",
            ],
            &[("1", rows)],
        )
    };
    vec![
        of("numeric", "1.0", "1.00", "I 1.0, U 1.00, U -"),
        of(
            "json",
            "'{\"a\":1}'",
            "'{\"a\": 1}'",
            "I {\"a\":1}, U {\"a\": 1}, U -",
        ),
        of("point", "'(1,2)'", "'(1,3)'", "I (1,2), U (1,3), U -"),
        of("float8", "'NaN'", "'-0'", "I NaN, U -0, U -"),
        of(
            "integer[]",
            "'{1}'",
            "'[0:0]={1}'",
            "I {1}, U [0:0]={1}, U -",
        ),
        of("text", "repeat('x', 3)", "NULL", "I xxx, U -, U -"),
    ]
}
