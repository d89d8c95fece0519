//! Functions that are wrong on purpose: the comparison that all of these
//! tests rely on has to notice each.

use diesel_audit_model::Step;

use super::items;
use crate::support::run;
use crate::zoo::compare::{Fault, recorded};

type Mutation = fn(&str) -> String;

const WRITES: [(&str, &str); 5] = [
    ("INSERT INTO item VALUES (1, 'a')", "I"),
    ("INSERT INTO item VALUES (2, 'b')", "I"),
    ("UPDATE item SET v = v || 'x' WHERE id = 1", "U"),
    ("UPDATE item SET id = 3 WHERE id = 1", "DU"),
    ("DELETE FROM item WHERE id = 3", "D"),
];

#[test]
fn the_comparison_finds_every_mutant_and_nothing_else() {
    let right = Step::Install(items().table).render();
    if let Some(fault) = first_fault(&right) {
        panic!("{fault:?}");
    }
    let mutants: [(&str, Mutation, &str); 8] = [
        (
            "the old row for the new one",
            |sql| values(sql, "NEW.", "OLD."),
            "INSERT",
        ),
        (
            "the new row for the old one",
            |sql| values(sql, "OLD.", "NEW."),
            "UPDATE item SET id",
        ),
        (
            "a value of a deleted row left out",
            |sql| values(sql, "OLD.\"v\"", "NULL"),
            "UPDATE item SET id",
        ),
        (
            "a value of a new row left out",
            |sql| values(sql, "NEW.\"v\"", "NULL"),
            "INSERT",
        ),
        (
            "a value changed",
            |sql| values(sql, "NEW.\"v\"", "NEW.\"v\" || ' '"),
            "INSERT",
        ),
        (
            "another letter",
            |sql| sql.replace("pg_catalog.left(TG_OP, 1)", "'I'"),
            "UPDATE item SET v",
        ),
        (
            "the old key forgotten",
            |sql| sql.replace("'UPDATE' AND", "'UPDATE' AND false AND"),
            "UPDATE item SET id",
        ),
        (
            "no trigger for DELETE",
            |sql| sql.replace(" OR DELETE", ""),
            "DELETE",
        ),
    ];
    for (name, mutation, found_by) in mutants {
        let wrong = mutation(&right);
        assert_ne!(wrong, right, "{name}: nothing was changed");
        let (statement, fault) = first_fault(&wrong).unwrap_or_else(|| panic!("not found: {name}"));
        assert!(
            statement.starts_with(found_by),
            "{name} was found by {statement}: {fault:?}"
        );
        assert!(matches!(fault, Fault::Mismatch(_)), "{name}: {fault:?}");
    }
}

/// The first statement whose rows are not as they must be, after these
/// statements were run as well.
fn first_fault(install: &str) -> Option<(&'static str, Fault)> {
    let mut items = items();
    run(&mut items.conn, &format!("BEGIN; {install}; COMMIT"));
    WRITES.into_iter().find_map(|(statement, letters)| {
        let fault = recorded(&mut items.conn, &items.table, statement, letters).err()?;
        Some((statement, fault))
    })
}

/// Replaces in the lists of values only: the types of both sides are compared
/// before, and would give a mutant away.
fn values(sql: &str, from: &str, to: &str) -> String {
    let lines = sql.lines().map(|line| {
        if line
            .trim_start()
            .starts_with("CASE WHEN pg_catalog.current_setting('role')")
        {
            line.replace(from, to)
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
