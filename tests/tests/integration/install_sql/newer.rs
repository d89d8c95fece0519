//! What an installation meets on newer versions of PostgreSQL only.

use diesel::prelude::*;
use diesel_audit_model::AuditedTable;
use diesel_audit_sql::{Declared, Installed, Options, difference};

use super::not_installed;
use crate::support::{
    Role, apply, audit, describe, install, major_version, may_make_roles, public, run, texts,
};
use crate::zoo::compare::recorded;

fn is_at_least(conn: &mut PgConnection, wanted: i64) -> bool {
    let found = major_version(conn);
    if found < wanted {
        eprintln!("skipped: the server is PostgreSQL {found}, older than {wanted}");
    }
    found >= wanted
}

/// A trigger finds NULL in it: recorded, it would be lost without a word.
#[test]
fn a_virtual_generated_column_is_refused_until_it_is_excluded() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    if !is_at_least(&mut conn, 18) {
        return;
    }
    run(
        &mut conn,
        "CREATE TABLE item (id integer PRIMARY KEY, price integer, \"Gross\" integer GENERATED ALWAYS AS (price * 2))",
    );
    let item = describe(&mut conn, public("item"));
    not_installed(
        &mut conn,
        &item,
        &["\"Gross\" of public.item is a virtual generated column"],
    );
    let excluded = AuditedTable {
        columns: item.columns[..2].to_vec(),
        unlisted: vec!["Gross".into()],
        ..item
    };
    install(&mut conn, &excluded);
    let insert = "INSERT INTO item VALUES (1, 2)";
    recorded(&mut conn, &excluded, insert, "I").expect("recorded");
}

/// The same when it comes later, which is when nobody thinks of the trigger.
#[test]
fn a_virtual_generated_column_that_comes_is_refused() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    if !is_at_least(&mut conn, 18) {
        return;
    }
    run(
        &mut conn,
        "CREATE TABLE item (id integer PRIMARY KEY, price integer)",
    );
    let item = audit(&mut conn, "item");
    run(
        &mut conn,
        "ALTER TABLE item ADD gross integer GENERATED ALWAYS AS (price * 2)",
    );
    let installed = Installed {
        table: item,
        retired: Vec::new(),
    };
    let wider = Declared::from(describe(&mut conn, public("item")));
    let steps = difference(&[installed], &[wider], &Options::default()).expect("a change");
    assert_eq!(steps.len(), 1);
    for step in steps {
        let refused = apply(&mut conn, step).expect_err("refused").to_string();
        let says = "gross of public.item is a virtual generated column";
        assert!(refused.contains(says), "{refused}");
    }
}

/// `MAINTAIN` came with 17: who has it locks the audit table, and with it every write.
#[test]
fn default_privileges_give_reading_only() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    if !may_make_roles(&mut conn) {
        return;
    }
    let role = Role::create(&database, "app");
    let name = role.name();
    run(
        &mut conn,
        &format!(
            "CREATE TABLE item (id integer PRIMARY KEY);
             ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {name}"
        ),
    );
    let item = audit(&mut conn, "item");
    let granted = format!(
        "SELECT privilege_type FROM pg_class, aclexplode(relacl) AS acl
         WHERE pg_class.oid = '{}'::regclass AND grantee = '{name}'::regrole",
        item.audit
    );
    assert_eq!(texts(&mut conn, &granted), [Some("SELECT".to_owned())]);
}
