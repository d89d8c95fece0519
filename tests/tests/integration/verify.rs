//! `verify`, as an application calls it. What it finds is planted, fault by
//! fault, by `diesel-audit-soak -- faults`.

use audit_test_server::Database;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use diesel_audit::{AuditError, AuditedTable, Code, Verification, verify, verify_async};

use crate::support::{Role, audit, may_make_roles, run, text};

fn audited() -> (Database, PgConnection, AuditedTable) {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE item (id bigint PRIMARY KEY, v text)",
    );
    let table = audit(&mut conn, "item");
    (database, conn, table)
}

const DISABLE: &str = "ALTER TABLE item DISABLE TRIGGER USER";

fn codes(found: &Verification) -> Vec<Code> {
    found.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn at_start_up_a_fault_is_an_error() {
    let (_database, mut conn, table) = audited();
    let tables = [table];
    let start = |conn: &mut PgConnection| -> Result<(), AuditError> {
        Ok(verify(conn, &tables)?.into_result()?)
    };
    start(&mut conn).unwrap();
    run(&mut conn, "DROP TRIGGER \"00_item_audit_insert\" ON item");
    let error = start(&mut conn).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the audit is not as the models say:\n\
         trigger_missing: public.item has no trigger \"00_item_audit_insert\"\n  Changes are lost."
    );
    assert!(
        matches!(error, AuditError::Unverified(found) if codes(&found) == [Code::TriggerMissing])
    );
}

#[test]
fn what_is_accepted_is_no_error() {
    let (_database, mut conn, table) = audited();
    run(&mut conn, DISABLE);
    run(&mut conn, "GRANT INSERT ON audit.item_audit TO PUBLIC");
    let found = verify(&mut conn, &[table]).unwrap();
    let disabled = vec![Code::TriggerDisabled; 4];
    assert_eq!(codes(&found), [disabled, vec![Code::AuditGranted]].concat());
    let rest = found.clone().allow([Code::TriggerDisabled]);
    assert_eq!(codes(&rest), [Code::AuditGranted]);
    assert!(
        found
            .allow([Code::TriggerDisabled, Code::AuditGranted])
            .is_clean()
    );
}

#[test]
fn every_table_of_a_set_is_looked_at() {
    let (_database, mut conn, first) = audited();
    run(&mut conn, "CREATE TABLE other (id bigint PRIMARY KEY)");
    let second = audit(&mut conn, "other");
    run(&mut conn, DISABLE);
    run(&mut conn, "ALTER TABLE other DISABLE TRIGGER USER");
    let found = verify(&mut conn, &[first.clone(), second.clone()]).unwrap();
    let objects: Vec<&str> = found.findings.iter().map(|f| f.object.as_str()).collect();
    assert_eq!(objects, [["public.item"; 4], ["public.other"; 4]].concat());
    assert!(verify(&mut conn, &[]).unwrap().is_clean());
    let twice = verify(&mut conn, &[first.clone(), first]).unwrap_err();
    assert!(matches!(twice, AuditError::Model(_)), "{twice}");
}

/// Somebody's own catalog before PostgreSQL's must not tell what is there, and
/// the caller's transaction has to be as it was.
#[test]
fn a_search_path_does_not_mislead_it() {
    let (_database, mut conn, table) = audited();
    run(&mut conn, DISABLE);
    run(
        &mut conn,
        "CREATE SCHEMA evil;
         CREATE VIEW evil.pg_trigger AS SELECT oid, tgrelid, tgparentid, tgname, tgfoid, tgtype, 'A'::\"char\" AS tgenabled,
             tgisinternal, tgconstraint, tginitdeferred, tgattr, tgqual FROM pg_catalog.pg_trigger;
         CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql AS 'SELECT ''''';
         SET search_path = evil, pg_catalog, public",
    );
    let tables = [table];
    conn.transaction::<_, AuditError, _>(|conn| {
        let found = verify(conn, &tables)?;
        assert_eq!(codes(&found), [Code::TriggerDisabled; 4]);
        assert_eq!(text(conn, "SHOW search_path"), "evil, pg_catalog, public");
        Ok(())
    })
    .unwrap();
    assert_eq!(
        text(&mut conn, "SHOW search_path"),
        "evil, pg_catalog, public"
    );
}

#[test]
fn a_role_without_rights_may_verify() {
    let (database, mut conn, table) = audited();
    if !may_make_roles(&mut conn) {
        eprintln!("skipped: this server's role may not make others");
        return;
    }
    let role = Role::create(&database, "application");
    run(&mut conn, DISABLE);
    let found = verify(&mut role.connect(), std::slice::from_ref(&table)).unwrap();
    assert_eq!(codes(&found), [Code::TriggerDisabled; 4]);
    assert_eq!(
        found.unchecked,
        [
            "whether diesel_audit.audit_id is past the numbers in audit.item_audit: this role may not read both",
            "the state of the audit of public.item: this role may not read diesel_audit.audited"
        ]
    );
    let owner = verify(&mut conn, &[table]).unwrap();
    assert_eq!((owner.unchecked.len(), owner.findings.len()), (0, 4));
}

#[tokio::test]
async fn an_async_connection_finds_the_same() {
    let (database, mut conn, table) = audited();
    run(&mut conn, DISABLE);
    let mut async_conn = AsyncPgConnection::establish(database.url()).await.unwrap();
    let tables = [table];
    let found = verify_async(&mut async_conn, &tables).await.unwrap();
    assert_eq!(found, verify(&mut conn, &tables).unwrap());
    assert_eq!(found.findings.len(), 4);
}

#[test]
fn readme_names_every_code() {
    let readme = include_str!("../../../README.md");
    for code in Code::ALL {
        assert!(readme.contains(&format!("`{code}`")), "{code}");
    }
}
