//! The migrations that begin and end the audit of a table.

mod closed;
mod core;
mod locks;
mod newer;

use audit_test_server::Database;
use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, Operations, PgType, QualifiedName};
use diesel_audit_sql::Step;

use crate::support::{
    ALICE, Role, apply, attempt, audit, count, describe, dump, install, may_make_roles, operations,
    public, run, run_as_alice, setting, text, texts,
};
use crate::zoo::compare::recorded;

/// Two tables with much that a dump shows, one in a schema of its own.
const SHOP: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok');
     CREATE DOMAIN email AS text CHECK (VALUE ~ '@');
     CREATE TABLE item (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code char(5), mood mood, mail email NOT NULL, price numeric(8,2));
     CREATE SCHEMA \"Back Office\";
     CREATE TABLE \"Back Office\".\"order\" (a integer, \"B\" text, v text[], PRIMARY KEY (\"B\", a))";

fn shop() -> (Database, PgConnection, [AuditedTable; 2]) {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(&mut conn, SHOP);
    let tables = [public("item"), QualifiedName::new("Back Office", "order")];
    let tables = tables.map(|source| describe(&mut conn, source));
    (database, conn, tables)
}

fn up(conn: &mut PgConnection, tables: &[AuditedTable]) {
    for table in tables {
        install(conn, table);
    }
}

fn down(conn: &mut PgConnection, tables: &[AuditedTable]) {
    for table in tables {
        apply(conn, Step::Install(table.clone()).inverse())
            .unwrap_or_else(|error| panic!("cannot stop to audit {}: {error}", table.source));
    }
}

#[test]
fn up_down_up_leaves_the_same_database() {
    let (database, mut conn, tables) = shop();
    up(&mut conn, &tables);
    let first = dump(&database);
    assert!(
        first.contains("SECURITY DEFINER") && first.contains("00_item_audit"),
        "{first}"
    );
    down(&mut conn, &tables);
    let without = dump(&database);
    assert!(
        !without.contains("audit.item_audit") && !without.contains("00_item_audit"),
        "{without}"
    );
    up(&mut conn, &tables);
    assert_eq!(dump(&database), first);
    down(&mut conn, &tables);
    assert_eq!(dump(&database), without);
}

#[test]
fn installing_twice_is_harmless() {
    let (database, mut conn, tables) = shop();
    up(&mut conn, &tables);
    run_as_alice(&mut conn, "INSERT INTO item (mail) VALUES ('a@b')");
    let first = dump(&database);
    up(&mut conn, &tables);
    assert_eq!(dump(&database), first);
    recorded(&mut conn, &tables[0], "UPDATE item SET mail = 'c@d'", "U").expect("recorded once");
    assert_eq!(operations(&mut conn, &tables[0]), "IU");
    down(&mut conn, &tables);
    down(&mut conn, &tables);
}

#[test]
fn down_keeps_the_table_and_its_history_and_up_goes_on() {
    let (_database, mut conn, tables) = shop();
    let item = &tables[0];
    up(&mut conn, &tables);
    recorded(
        &mut conn,
        item,
        "INSERT INTO item (code, mail) VALUES ('a', 'a@b'), ('b', 'c@d')",
        "II",
    )
    .expect("recorded");
    down(&mut conn, &tables);
    let left = "SELECT (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)
         + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'audit'::regnamespace)";
    assert_eq!(count(&mut conn, left), 0);
    assert_eq!(
        attempt(
            &mut conn,
            "",
            "UPDATE item SET mail = 'x@y' WHERE code = 'a'"
        ),
        Ok(())
    );
    assert_eq!(operations(&mut conn, item), "II");
    assert_eq!(count(&mut conn, "SELECT count(*) FROM item"), 2);
    up(&mut conn, &tables);
    recorded(&mut conn, item, "DELETE FROM item WHERE code = 'b'", "D").expect("recorded");
    assert_eq!(operations(&mut conn, item), "IID");
}

/// The installation fails with a message that says all of these, and leaves
/// no trigger and no function.
fn not_installed(conn: &mut PgConnection, table: &AuditedTable, says: &[&str]) {
    let error = apply(conn, Step::Install(table.clone()))
        .expect_err("refused")
        .to_string();
    for part in says {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
    let source = format!(
        "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = '{}'::regclass",
        table.source
    );
    assert_eq!(count(conn, &source), 0);
}

#[test]
fn a_column_that_the_table_lacks_is_named() {
    let (_database, mut conn, [item, _]) = shop();
    run(&mut conn, "ALTER TABLE item DROP COLUMN price");
    not_installed(&mut conn, &item, &["item has no column price"]);
}

#[test]
fn a_key_column_that_the_table_lacks_is_named() {
    let (_database, mut conn, [item, _]) = shop();
    run(&mut conn, "ALTER TABLE item RENAME COLUMN id TO number");
    not_installed(&mut conn, &item, &["number"]);
}

#[test]
fn a_column_that_nobody_mentions_is_named() {
    let (_database, mut conn, [item, _]) = shop();
    run(&mut conn, "ALTER TABLE item ADD COLUMN \"Secret\" text");
    not_installed(
        &mut conn,
        &item,
        &["\"Secret\"", "neither recorded nor excluded"],
    );
    let excluded = AuditedTable {
        unlisted: vec!["Secret".into()],
        ..item
    };
    install(&mut conn, &excluded);
    recorded(
        &mut conn,
        &excluded,
        "INSERT INTO item (mail, \"Secret\") VALUES ('a@b', 's')",
        "I",
    )
    .expect("recorded");
}

#[test]
fn a_table_with_children_is_refused() {
    let (_database, mut conn, [item, _]) = shop();
    run(&mut conn, "CREATE TABLE child () INHERITS (item)");
    not_installed(&mut conn, &item, &["child inherits from it"]);
}

/// PostgreSQL fires the triggers of DELETE and INSERT for an UPDATE that moves a row.
#[test]
fn a_move_between_partitions_has_all_its_triggers() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE item (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF item FOR VALUES FROM (0) TO (100);
         CREATE TABLE high PARTITION OF item FOR VALUES FROM (100) TO (200);
         CREATE TABLE alone (id integer PRIMARY KEY, v text)",
    );
    let recorded = |[insert, update, delete]: [bool; 3]| Operations {
        insert,
        update,
        delete,
        truncate: false,
    };
    for wanted in [
        [false, true, false],
        [true, true, false],
        [false, true, true],
        [true, false, false],
        [false, false, true],
        [true, false, true],
    ] {
        for part in ["item", "low"] {
            let mut table = describe(&mut conn, public(part));
            table.policy.operations = recorded(wanted);
            not_installed(&mut conn, &table, &["moves a row to another partition"]);
        }
        let mut table = describe(&mut conn, public("alone"));
        table.policy.operations = recorded(wanted);
        install(&mut conn, &table);
    }
    let table = audit(&mut conn, "item");
    run_as_alice(
        &mut conn,
        "INSERT INTO item VALUES (1, 'a'); UPDATE item SET id = 101",
    );
    assert_eq!(operations(&mut conn, &table), "IDI");
}

#[test]
fn a_table_that_is_not_there_is_named() {
    let (_database, mut conn, [item, _]) = shop();
    let missing = AuditedTable {
        source: public("nowhere"),
        ..item
    };
    let error = apply(&mut conn, Step::Install(missing)).expect_err("refused");
    assert!(error.to_string().contains("nowhere"), "{error}");
}

/// An audit table from before, with one column of another type.
const OTHER_TYPE: &str = "ALTER TABLE audit.item_audit ALTER COLUMN price TYPE integer";

#[test]
fn an_audit_table_of_other_types_is_refused_while_it_holds_rows() {
    let (_database, mut conn, [item, _]) = shop();
    install(&mut conn, &item);
    run_as_alice(
        &mut conn,
        "INSERT INTO item (mail, price) VALUES ('a@b', 1)",
    );
    down(&mut conn, std::slice::from_ref(&item));
    run(&mut conn, OTHER_TYPE);
    not_installed(
        &mut conn,
        &item,
        &["audit.item_audit", "price is integer and has to be numeric"],
    );
    assert_eq!(operations(&mut conn, &item), "I");
}

/// Diesel has one type for both, so no model says that the column has changed.
#[test]
fn varchar_that_becomes_text_goes_on_with_its_history() {
    let (_database, mut conn, [item, _]) = shop();
    run(&mut conn, "ALTER TABLE item ADD COLUMN note varchar(9)");
    let item = describe(&mut conn, item.source);
    let insert = "INSERT INTO item (mail, note) VALUES ('a@b', 'note')";
    install(&mut conn, &item);
    run_as_alice(&mut conn, insert);
    run(&mut conn, "ALTER TABLE item ALTER COLUMN note TYPE text");
    let refused = attempt(&mut conn, ALICE, insert).expect_err("another type");
    assert_eq!(refused.sqlstate, "42804");
    install(&mut conn, &item);
    run_as_alice(&mut conn, insert);
    let notes = texts(&mut conn, "SELECT note FROM audit.item_audit");
    assert_eq!(notes, [Some("note".to_owned()), Some("note".to_owned())]);
}

/// An audit table goes with the audit if it holds nothing, and its schema with
/// the last one of them, unless somebody has made more of either.
#[test]
fn what_is_left_of_an_audit() {
    let check = |meanwhile: &str, left: &[&str]| {
        let (_database, mut conn, tables) = shop();
        up(&mut conn, &tables);
        run_as_alice(&mut conn, meanwhile);
        down(&mut conn, &tables);
        let found = texts(
            &mut conn,
            "SELECT nspname || coalesce('.' || relname, '') FROM pg_namespace AS n
             LEFT JOIN pg_class ON relnamespace = n.oid AND relkind IN ('r', 'v')
             WHERE nspname = 'audit' ORDER BY 1",
        );
        let found: Vec<String> = found.into_iter().flatten().collect();
        assert_eq!(found, left, "{meanwhile}");
    };
    check("SELECT", &[]);
    check(
        "INSERT INTO item (mail) VALUES ('a@b')",
        &["audit.item_audit"],
    );
    check(
        "CREATE VIEW audit.seen AS SELECT * FROM audit.item_audit",
        &["audit.item_audit", "audit.seen"],
    );
    check("GRANT USAGE ON SCHEMA audit TO PUBLIC", &["audit"]);
    check(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA audit GRANT SELECT ON TABLES TO PUBLIC",
        &["audit"],
    );
}

#[test]
fn an_empty_audit_table_takes_the_types_of_its_source() {
    let (database, mut conn, [item, _]) = shop();
    install(&mut conn, &item);
    let right = dump(&database);
    run(&mut conn, OTHER_TYPE);
    install(&mut conn, &item);
    assert_eq!(dump(&database), right);
    recorded(
        &mut conn,
        &item,
        "INSERT INTO item (code, mail, price) VALUES ('ab', 'a@b', 1.25)",
        "I",
    )
    .expect("recorded");
}

/// `char` without a length is `char(1)` in SQL, which would cut the rest.
#[test]
fn the_audit_table_has_the_types_without_length_and_without_domain() {
    let (_database, mut conn, [item, _]) = shop();
    install(&mut conn, &item);
    let types = "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
         WHERE attrelid = 'audit.item_audit'::regclass AND attnum > 12 ORDER BY attnum";
    let types: Vec<String> = texts(&mut conn, types).into_iter().flatten().collect();
    assert_eq!(
        types,
        [
            "id integer",
            "code bpchar",
            "mood mood",
            "mail text",
            "price numeric"
        ]
    );
    let constraints = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'audit.item_audit'::regclass AND attnum > 8 AND attnotnull";
    assert_eq!(count(&mut conn, constraints), 0);
}

#[test]
fn an_owner_who_is_no_superuser_installs_and_uninstalls() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    if !may_make_roles(&mut conn) {
        return;
    }
    let owner = Role::create(&database, "owner");
    let app = Role::create(&database, "app");
    let (owner_name, app_name) = (owner.name(), app.name());
    run(
        &mut conn,
        &format!(
            "GRANT CREATE ON DATABASE {} TO {owner_name}; GRANT CREATE ON SCHEMA public TO {owner_name}",
            database.name()
        ),
    );
    let mut by_owner = owner.connect();
    run(
        &mut by_owner,
        &format!(
            "CREATE TABLE item (id integer PRIMARY KEY, v text); GRANT INSERT ON item TO {app_name}"
        ),
    );
    let table = audit(&mut by_owner, "item");
    run(
        &mut by_owner,
        "CREATE TABLE second (id integer PRIMARY KEY)",
    );
    audit(&mut by_owner, "second");
    assert_eq!(
        attempt(
            &mut app.connect(),
            ALICE,
            "INSERT INTO item VALUES (1, 'a')"
        ),
        Ok(())
    );
    assert_eq!(
        text(
            &mut by_owner,
            "SELECT audit_session_user FROM audit.item_audit"
        ),
        app_name
    );
    down(&mut by_owner, std::slice::from_ref(&table));
    assert_eq!(operations(&mut by_owner, &table), "I");
}

/// What was added to the model comes into the audit table from before, and
/// its rows stay.
#[test]
fn a_setting_and_a_column_can_be_added_later() {
    let (_database, mut conn, [item, _]) = shop();
    install(&mut conn, &item);
    run_as_alice(&mut conn, "INSERT INTO item (mail) VALUES ('a@b')");
    run(&mut conn, "ALTER TABLE item ADD COLUMN note varchar(9)");
    let mut wider = describe(&mut conn, public("item"));
    wider
        .settings
        .push(setting("reason", PgType::builtin("text"), false));
    install(&mut conn, &wider);
    recorded(&mut conn, &wider, "UPDATE item SET note = 'x'", "U").expect("recorded");
    assert_eq!(operations(&mut conn, &wider), "IU");
}
