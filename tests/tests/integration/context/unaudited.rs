//! Checkouts without a context, where a model demands one.

use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditContext, AuditCustomizer, AuditError};
use diesel_audit_model::{AuditedTable, Policy, Unaudited};

use super::pool_of_one;
use crate::support::{describe, install, public, run};

const INSERT: &str = "INSERT INTO item VALUES (1)";

#[test]
fn a_model_without_settings_can_demand_a_context() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    run(conn, "CREATE TABLE item (id integer)");
    let table = AuditedTable {
        settings: Vec::new(),
        policy: Policy {
            unaudited: Unaudited::Forbid,
            ..Policy::DEFAULT
        },
        ..describe(conn, public("item"))
    };
    install(conn, &table);
    let write = |conn: &mut PgConnection| diesel::sql_query(INSERT).execute(conn);
    let refused = |conn: &mut PgConnection| match AuditError::from(write(conn).unwrap_err()) {
        AuditError::SettingMissing(write) => {
            assert_eq!((write.table(), write.setting()), (Some("item"), None));
            assert!(write.hint().unwrap().contains("get_audited(&context)"));
        }
        other => panic!("{other:?}"),
    };
    refused(conn);
    let nothing = AuditContext::new();
    let pool = pool_of_one(&database, AuditCustomizer::new());
    write(&mut pool.get_audited(&nothing).unwrap()).unwrap();
    let conn = &mut pool.get_unaudited("reads").unwrap();
    refused(conn);
    conn.audited(&nothing, write).unwrap();
    refused(conn);
}
