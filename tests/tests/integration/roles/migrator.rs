//! What the migrator does after the script: migrations of all kinds, forth and
//! back, and rows that it writes itself.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, Policy, QualifiedName, Recording};
use diesel_audit_sql::refusal::Refusal;
use diesel_audit_sql::{Declared, Installed, LockTimeout, Options, after, difference, migration};

use super::{INSERT, Shop, shop};
use crate::support::{ALICE, Refused, attempt, count, describe, operations, public, run};

/// Runs the migration to these tables as the migrator, in one transaction.
fn migrate(shop: &Shop, installed: &mut Vec<Installed>, tables: &[AuditedTable], amended: &str) {
    let declared: Vec<Declared> = tables.iter().cloned().map(Declared::from).collect();
    let steps = difference(installed, &declared, &Options::default()).expect("steps");
    let script = migration(&steps, &LockTimeout::default());
    let conn = &mut shop.migrator.connect();
    let mut forth_and_back = |sql: &str| {
        conn.transaction(|conn| conn.batch_execute(sql))
            .unwrap_or_else(|error| panic!("the migrator cannot: {error}\n{amended}"));
    };
    forth_and_back(&format!("{amended}; {}", script.up.whole));
    if amended.is_empty() {
        forth_and_back(&script.down.whole);
        forth_and_back(&script.up.whole);
    }
    *installed = after(installed, &steps);
}

fn write(shop: &Shop, statement: &str) -> Result<(), Box<Refused>> {
    attempt(&mut shop.application.connect(), ALICE, statement)
}

#[test]
fn the_migrator_goes_on() {
    let Some(mut shop) = shop() else { return };
    shop.protect();
    let mut installed = vec![Installed::from(shop.table.clone())];

    // A column comes to the table.
    run(
        &mut shop.migrator.connect(),
        "ALTER TYPE plan ADD VALUE 'gift'",
    );
    migrate_column(&shop, &mut installed);
    assert_eq!(write(&shop, "INSERT INTO item (note) VALUES ('x')"), Ok(()));
    let noted = "SELECT count(*) FROM audit.item_audit WHERE note = 'x'";
    assert_eq!(count(&mut shop.conn, noted), 1);

    // Another table comes, and its history can only grow.
    run(
        &mut shop.migrator.connect(),
        "CREATE TABLE part (id integer PRIMARY KEY)",
    );
    let part = AuditedTable {
        policy: Policy {
            append_only: true,
            ..Policy::DEFAULT
        },
        ..describe(&mut shop.conn, public("part"))
    };
    let item = installed[0].table.clone();
    migrate(&shop, &mut installed, &[item.clone(), part.clone()], "");
    let script = shop.script(&[&item, &part], false);
    run(&mut shop.conn, &script);
    assert_eq!(write(&shop, "INSERT INTO part VALUES (1)"), Ok(()));
    assert_eq!(operations(&mut shop.conn, &part), "I");
    let owners = "SELECT count(DISTINCT owner) FROM (
             SELECT relowner FROM pg_class WHERE relnamespace = 'audit'::regnamespace
             UNION SELECT proowner FROM pg_proc WHERE pronamespace = 'audit'::regnamespace
             UNION SELECT nspowner FROM pg_namespace WHERE nspname = 'audit') AS owners (owner)";
    assert_eq!(count(&mut shop.conn, owners), 1);

    // Other names, another schema, and an item that is append-only, too.
    let moved = AuditedTable {
        audit: QualifiedName::new("history", "items"),
        function: "record_items".into(),
        policy: Policy {
            append_only: true,
            ..Policy::DEFAULT
        },
        ..item
    };
    let tables = [moved.clone(), part.clone()];
    migrate(&shop, &mut installed, &tables, "");
    assert_eq!(write(&shop, INSERT), Ok(()));
    assert_eq!(operations(&mut shop.conn, &moved), "II");
    let script = shop.script(&[&moved, &part], false);
    run(&mut shop.conn, &script);
    assert_eq!(write(&shop, "DELETE FROM item"), Ok(()));
    assert_eq!(operations(&mut shop.conn, &moved), "IIDD");

    // The migrator writes, and no more than that to a history that only grows.
    let conn = &mut shop.migrator.connect();
    let who = "SELECT set_config('audit.username', 'migration:1', true), \
               set_config('audit.context', extract(epoch FROM now())::text || ' tx <username:text>', true)";
    assert_eq!(attempt(conn, who, INSERT), Ok(()));
    let change = "UPDATE history.items SET audit_username = 'bob'";
    let refused = attempt(conn, who, change).expect_err(change);
    assert!(refused.is(Refusal::AppendOnly), "{refused:?}");

    // The end of an audit.
    migrate(&shop, &mut installed, &[moved], "");
    assert_eq!(write(&shop, "INSERT INTO part VALUES (2)"), Ok(()));
    assert_eq!(operations(&mut shop.conn, &part), "I");
}

/// Source and audit change in one transaction.
fn migrate_column(shop: &Shop, installed: &mut Vec<Installed>) {
    let mut wider = shop.table.clone();
    let note = diesel_audit_model::Column {
        name: "note".into(),
        sql_type: diesel_audit_model::PgType::builtin("text"),
        recording: Recording::Value,
    };
    wider.columns.push(note);
    let add = "ALTER TABLE item ADD COLUMN note text";
    migrate(shop, installed, &[wider], add);
}

/// Between a migration that audits another table and the next run of the script.
#[test]
fn a_new_table_is_recorded_before_the_script_has_run_again() {
    let Some(mut shop) = shop() else { return };
    shop.protect();
    let app = shop.application.name().to_owned();
    run(
        &mut shop.migrator.connect(),
        &format!("CREATE TABLE part (id integer PRIMARY KEY); GRANT INSERT ON part TO {app}"),
    );
    let part = describe(&mut shop.conn, public("part"));
    let mut installed = vec![Installed::from(shop.table.clone())];
    migrate(
        &shop,
        &mut installed,
        &[shop.table.clone(), part.clone()],
        "",
    );
    assert_eq!(write(&shop, "INSERT INTO part VALUES (1)"), Ok(()));
    assert_eq!(operations(&mut shop.conn, &part), "I");
    let statement = "INSERT INTO audit.part_audit SELECT * FROM audit.part_audit";
    attempt(&mut shop.application.connect(), ALICE, statement).expect_err(statement);
}
