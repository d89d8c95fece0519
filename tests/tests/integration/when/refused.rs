//! Conditions that PostgreSQL cannot make sense of: nothing is installed.

use diesel::prelude::*;
use diesel_audit_sql::core;
use diesel_audit_sql::{Declared, Installed, LockTimeout, Options, Step, difference, migration};

use super::conditional;
use crate::support::{attempt, count, install, run};

const REFUSED: &[(&str, &str, &str)] = &[
    ("unknown_column", "NEW.sum > 1", "42P01"),
    ("no_row", "total > 1", "42703"),
    ("another_row", "item.total > 1", "42P01"),
    ("no_boolean", "NEW.total", "42804"),
    ("a_number", "1", "42804"),
    ("a_row", "NEW.total, NEW.note", "42804"),
    ("a_text", "'maybe'", "22P02"),
    ("aggregate", "count(*) > 1", "42803"),
    ("window", "row_number() OVER () > 1", "42P20"),
    ("several_rows", "generate_series(1, 2) = 1", "42804"),
    ("no_function", "is_large(NEW.total)", "42883"),
    ("no_operator", "NEW.total > NEW.note", "42883"),
    ("variable_of_the_function", "setting_0 = 'alice'", "42703"),
    ("variable_of_triggers", "TG_TABLE_NAME = 'item'", "42703"),
    ("two_expressions", "true AND", "42601"),
    ("a_clause", "true ORDER BY 1", "42601"),
];

fn database() -> (audit_test_server::Database, PgConnection) {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(&mut conn, core::INSTALL);
    run(
        &mut conn,
        "CREATE TABLE item (id integer PRIMARY KEY, total integer, note text);
         CREATE FUNCTION of_public(integer) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    );
    (database, conn)
}

#[test]
fn at_install() {
    let (_database, mut conn) = database();
    for (name, condition, sqlstate) in REFUSED {
        let table = conditional(&mut conn, condition);
        let install = Step::Install(table).render();
        let refused = attempt(&mut conn, "", &install).expect_err(name);
        assert_eq!(refused.sqlstate, *sqlstate, "{name}: {refused:?}");
    }
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'audit'";
    assert_eq!(count(&mut conn, schemas), 0);
}

/// Also where the source stays as it is, and the condition comes or changes.
#[test]
fn on_a_change() {
    for before in [None, Some("true")] {
        let (_database, mut conn) = database();
        let mut table = conditional(&mut conn, "true");
        table.policy.when = before.map(Into::into);
        install(&mut conn, &table);
        let installed = [Installed::from(table.clone())];
        for (name, condition, sqlstate) in REFUSED {
            table.policy.when = Some((*condition).into());
            let declared = [Declared::from(table.clone())];
            let steps = difference(&installed, &declared, &Options::default()).expect("a step");
            let up = migration(&steps, &LockTimeout::default()).up.whole;
            let refused = attempt(&mut conn, "", &up).expect_err(name);
            assert_eq!(refused.sqlstate, *sqlstate, "{name}: {refused:?}");
        }
    }
}

/// Nothing is computed by the check.
#[test]
fn what_can_be_installed() {
    let (_database, mut conn) = database();
    for condition in [
        "NULL",
        "1 / 0 = 1",
        "NEW.total / 0 = 1 AND NEW.note::integer = 1",
        "pg_sleep(1000) IS NULL",
        "public.of_public(NEW.total)",
        "of_public(NEW.total)",
        "to_jsonb(NEW) ? 'note'",
        "NEW.note = ANY (ARRAY['a', $x$;$x$])",
        "(OLD.*) OPERATOR(pg_catalog.*<>) (NEW.*)",
    ] {
        let table = conditional(&mut conn, condition);
        install(&mut conn, &table);
    }
}
