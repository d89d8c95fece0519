//! The committed migrations: current, applied and undone by Diesel.

use std::path::Path;

use diesel::prelude::*;
use diesel_audit::{Audited, AuditedTable};
use diesel_audit_tests::generated::assert_current;
use diesel_audit_tests::models::{Kind, OrderLine, User};
use diesel_migrations::MigrationHarness;

use crate::migrated::{self, MIGRATIONS};
use crate::support::dump;

#[test]
fn migrations_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../migrations/2026-01-10-080100-0000_audit_tables");
    assert_current(&folder, &tables());
}

fn tables() -> [AuditedTable; 3] {
    [
        User::audited_table().expect("users"),
        OrderLine::audited_table().expect("order lines"),
        Kind::audited_table().expect("kinds"),
    ]
}

#[test]
fn run_revert_run_ends_where_it_began() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    migrated::run(&mut conn);
    let first = dump(&database);
    conn.revert_last_migration(MIGRATIONS).expect("it reverts");
    assert_ne!(dump(&database), first);
    migrated::run(&mut conn);
    assert_eq!(dump(&database), first);
    conn.revert_all_migrations(MIGRATIONS).expect("all revert");
    migrated::run(&mut conn);
    assert_eq!(dump(&database), first);
}

/// What the derive knows without a connection is what the database has.
#[test]
fn every_column_of_the_table_is_described() {
    let described = |table: &AuditedTable| -> Vec<(String, String)> {
        table
            .columns
            .iter()
            .map(|column| (column.name.to_string(), column.sql_type.to_string()))
            .collect()
    };
    let [users, lines, kinds] = tables();
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()))
            .collect()
    };
    assert_eq!(
        described(&users),
        pairs(&[
            ("id", "bigint"),
            ("email", "text"),
            ("plan", "plan"),
            ("earlier_plans", "plan[]"),
            ("tags", "text[]"),
            ("password_hash", "text"),
            ("created_at", "timestamp with time zone"),
            ("visits", "integer"),
        ])
    );
    assert_eq!(users.primary_key, ["id"]);
    assert_eq!(lines.source.to_string(), "shop.order_lines");
    assert_eq!(lines.audit.to_string(), "audit.shop_order_lines_audit");
    assert_eq!(lines.primary_key, ["order_id", "line"]);
    assert_eq!(kinds.source.to_string(), "public.type");
    assert_eq!(kinds.audit.to_string(), "history.kinds_of_things");
    assert_eq!(described(&kinds)[1], ("type".to_owned(), "text".to_owned()));
    assert_eq!(described(&kinds)[2].0, "Mixed Case");
}

/// Diesel's connection is enough: a set of models, without a migration.
#[test]
fn install_and_uninstall_a_set_of_models() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    conn.run_next_migration(MIGRATIONS).expect("the tables");
    diesel_audit::install(&mut conn, &tables()).expect("installed");
    let installed = dump(&database);
    diesel_audit::uninstall(&mut conn, &tables()).expect("uninstalled");
    let triggers = diesel::dsl::sql_query("SELECT 1 FROM pg_trigger WHERE NOT tgisinternal")
        .execute(&mut conn);
    assert_eq!(triggers, Ok(0));
    diesel_audit::install(&mut conn, &tables()).expect("installed again");
    assert_eq!(dump(&database), installed);
}
