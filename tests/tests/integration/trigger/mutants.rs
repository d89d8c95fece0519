//! Functions that are wrong on purpose: the comparison that all of these
//! tests rely on has to notice each.

use diesel_audit_sql::Step;

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
            |sql| sql.replace("NEW.id, NEW.v", "OLD.id, OLD.v"),
            "INSERT",
        ),
        (
            "the new row for the old one",
            |sql| sql.replace("OLD.id, OLD.v", "NEW.id, NEW.v"),
            "UPDATE item SET id",
        ),
        (
            "a value of a deleted row left out",
            |sql| sql.replace("OLD.id, OLD.v", "OLD.id, NULL"),
            "UPDATE item SET id",
        ),
        (
            "a value of a new row left out",
            |sql| sql.replace("NEW.id, NEW.v", "NEW.id, NULL"),
            "INSERT",
        ),
        (
            "a value changed",
            |sql| sql.replace("NEW.id, NEW.v", "NEW.id, NEW.v || ' '"),
            "INSERT",
        ),
        (
            "another letter",
            |sql| sql.replace("THEN 'U' END", "THEN 'I' END"),
            "UPDATE item SET v",
        ),
        (
            "the old key forgotten",
            |sql| {
                sql.replace(
                    "IF pg_catalog.record_image_ne(",
                    "IF false AND pg_catalog.record_image_ne(",
                )
            },
            "UPDATE item SET id",
        ),
        (
            "no trigger for DELETE",
            |sql| {
                let trigger = "CREATE OR REPLACE TRIGGER \"00_item_audit_delete\" AFTER DELETE ON public.item\n    \
                               FOR EACH ROW EXECUTE FUNCTION audit.item_audit_delete()";
                sql.replace(
                    trigger,
                    "DROP TRIGGER \"00_item_audit_delete\" ON public.item",
                )
            },
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
