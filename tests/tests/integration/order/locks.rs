//! Transactions that write to a row more than once, one statement after the other,
//! and lock it in between: none of this is out of order, and all of it is recorded.

use super::case::{Case, ITEM, case};

const INSERT: &str = "INSERT INTO item VALUES (1, 'a')";

/// `b` is the value that a condition leaves out.
const TOGGLES: &str = "UPDATE item SET v = 'b'; UPDATE item SET v = 'a'; UPDATE item SET v = 'b';
     UPDATE item SET v = 'c'; UPDATE item SET v = 'c'; UPDATE item SET v = 'a'";
const TOGGLED: &str = "I a, U b, U a, U b, U c, U c, U a";

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = ["UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE"]
        .into_iter()
        .map(|lock| {
            let toggles = format!("SELECT FROM item FOR {lock}; {TOGGLES}");
            case(
                &format!("locked for {lock}"),
                ITEM,
                &[INSERT, &toggles],
                &[("1", TOGGLED)],
            )
        })
        .collect();
    cases.extend(transactions());
    cases.extend(savepoints());
    cases
}

fn transactions() -> Vec<Case> {
    let one_after_the_other = TOGGLES.replace(';', "; SELECT FROM item FOR UPDATE;");
    vec![
        case("not locked", ITEM, &[INSERT, TOGGLES], &[("1", TOGGLED)]),
        case("inserted before", ITEM, &[&format!("{INSERT}; {TOGGLES}")], &[("1", TOGGLED)]),
        case("locked each time", ITEM, &[INSERT, &one_after_the_other], &[("1", TOGGLED)]),
        case(
            "inserted and locked",
            ITEM,
            &[&format!("{INSERT}; SELECT FROM item FOR UPDATE; {TOGGLES}")],
            &[("1", TOGGLED)],
        ),
        case(
            "deleted and inserted as it was",
            ITEM,
            &[
                "INSERT INTO item VALUES (1, 'a'); DELETE FROM item; INSERT INTO item VALUES (1, 'a');
                 UPDATE item SET v = 'c'; DELETE FROM item; INSERT INTO item VALUES (1, 'a')",
                "SELECT FROM item FOR UPDATE; DELETE FROM item; INSERT INTO item VALUES (1, 'a'); DELETE FROM item",
            ],
            &[("1", "I a, D a, I a, U c, D c, I a, D a, I a, D a")],
        ),
        case(
            "a row that changes nothing",
            ITEM,
            &[INSERT, "SELECT FROM item FOR UPDATE; UPDATE item SET v = v; UPDATE item SET v = 'c'; UPDATE item SET v = v"],
            &[("1", "I a, U a, U c, U c")],
        ),
        case(
            "locked by foreign keys of its own",
            &format!("{ITEM}; CREATE TABLE note (item integer REFERENCES item)"),
            &[
                "INSERT INTO item VALUES (1, 'a'); INSERT INTO note VALUES (1); UPDATE item SET v = 'b'; INSERT INTO note VALUES (1);
                 UPDATE item SET v = 'a'; INSERT INTO note VALUES (1); UPDATE item SET v = 'b'; DELETE FROM note; UPDATE item SET v = 'a'",
                "INSERT INTO note VALUES (1); UPDATE item SET v = 'b'; UPDATE item SET v = 'a'; DELETE FROM note; DELETE FROM item",
            ],
            &[("1", "I a, U b, U a, U b, U a, U b, U a, D a")],
        ),
        case(
            "upserted again and again",
            ITEM,
            &["INSERT INTO item VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET v = excluded.v;
               INSERT INTO item VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET v = excluded.v;
               INSERT INTO item VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET v = excluded.v;
               INSERT INTO item VALUES (1, 'z') ON CONFLICT DO NOTHING;
               INSERT INTO item VALUES (1, 'b'), (2, 'c') ON CONFLICT (id) DO UPDATE SET v = excluded.v"],
            &[("1", "I a, U b, U a, U b"), ("2", "I c")],
        ),
    ]
}

/// The lock is the transaction's, the write a subtransaction's, and both ways round:
/// the row then carries the number of a group of lockers.
fn savepoints() -> Vec<Case> {
    vec![
        case(
            "locked, and written in savepoints",
            ITEM,
            &[
                INSERT,
                "SELECT FROM item FOR UPDATE; SAVEPOINT s; UPDATE item SET v = 'z'; ROLLBACK TO s; UPDATE item SET v = 'b'; RELEASE s;
                 UPDATE item SET v = 'a'; SAVEPOINT s; UPDATE item SET v = 'b'; RELEASE s; UPDATE item SET v = 'a'",
            ],
            &[("1", "I a, U b, U a, U b, U a")],
        ),
        case(
            "locked in savepoints",
            ITEM,
            &[
                INSERT,
                "SELECT FROM item FOR KEY SHARE; SAVEPOINT s; SELECT FROM item FOR SHARE; SAVEPOINT t; SELECT FROM item FOR NO KEY UPDATE;
                 UPDATE item SET v = 'b'; UPDATE item SET v = 'a'; RELEASE s; UPDATE item SET v = 'b'; UPDATE item SET v = 'a'",
            ],
            &[("1", "I a, U b, U a, U b, U a")],
        ),
        case(
            "a lock that was rolled back",
            ITEM,
            &[
                INSERT,
                "SAVEPOINT s; SELECT FROM item FOR UPDATE; ROLLBACK TO s; UPDATE item SET v = 'b'; UPDATE item SET v = 'a';
                 SAVEPOINT s; UPDATE item SET v = 'z'; DELETE FROM item; ROLLBACK TO s; UPDATE item SET v = 'b'; DELETE FROM item",
            ],
            &[("1", "I a, U b, U a, U b, D b")],
        ),
    ]
}
