//! What `verify` says of redacted, hashed and on-change columns, and that its
//! repairs put it right.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{AuditedTable, Finding, verify};
use diesel_audit_model::Recording::{Hash, OnChange, Redact, Value};

use super::{audited, change, described};
use crate::support::{ALICE, Role, attempt, may_make_roles, run, run_as_alice};

fn found(conn: &mut PgConnection, table: &AuditedTable) -> Vec<Finding> {
    let found = verify(conn, std::slice::from_ref(table)).expect("a verification");
    assert_eq!(found.unchecked, Vec::<String>::new());
    found.findings
}

fn codes(found: &[Finding]) -> Vec<String> {
    found
        .iter()
        .map(|finding| finding.code.to_string())
        .collect()
}

fn table(conn: &mut PgConnection) -> AuditedTable {
    run(
        conn,
        "CREATE TABLE t (id integer PRIMARY KEY, r text, h date, c text)",
    );
    audited(conn, "t", &[("r", Redact), ("h", Hash), ("c", OnChange)])
}

/// Each fault, its code, and whether a write is refused until it is repaired.
const FAULTS: [(&str, &str, bool); 8] = [
    (
        "DELETE FROM diesel_audit.hash_key",
        "hash_key_missing",
        true,
    ),
    (
        "GRANT SELECT ON diesel_audit.hash_key TO PUBLIC",
        "hash_key_granted",
        false,
    ),
    (
        "GRANT UPDATE (inner_pad) ON diesel_audit.hash_key TO PUBLIC",
        "hash_key_granted",
        false,
    ),
    (
        "ALTER TABLE audit.t_audit DROP COLUMN audit_changed_r",
        "audit_column_missing",
        true,
    ),
    (
        "ALTER TABLE audit.t_audit DROP COLUMN audit_changed_c",
        "audit_column_missing",
        true,
    ),
    (
        "ALTER TABLE audit.t_audit ALTER audit_hash_h TYPE text USING NULL",
        "audit_column_type",
        false,
    ),
    (
        "ALTER FUNCTION audit.t_audit_insert() RESET \"TimeZone\"",
        "function_settings",
        false,
    ),
    (
        "ALTER FUNCTION audit.t_audit_update() SET \"TimeZone\" = 'Asia/Tokyo'",
        "function_settings",
        false,
    ),
];

#[test]
fn faults_are_found_and_repaired() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = table(&mut conn);
    assert_eq!(codes(&found(&mut conn, &table)), [""; 0]);
    for (n, (fault, code, is_refused)) in (0..).zip(FAULTS) {
        let write = format!("INSERT INTO t VALUES ({n}, 'r', '2000-01-01', 'c')");
        run(&mut conn, fault);
        if is_refused {
            attempt(&mut conn, ALICE, &write).expect_err(fault);
        }
        let findings = found(&mut conn, &table);
        assert_eq!(codes(&findings), [code], "{fault}: {findings:?}");
        let repair = findings[0].repair.as_deref().expect(fault);
        conn.batch_execute(repair).expect(fault);
        assert_eq!(codes(&found(&mut conn, &table)), [""; 0], "{fault}");
        run_as_alice(&mut conn, &write);
    }
}

/// A column of which no value is recorded has to be there all the same.
#[test]
fn a_column_that_is_gone() {
    for column in ["r", "h", "c"] {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        let table = table(&mut conn);
        run(&mut conn, &format!("ALTER TABLE t DROP COLUMN {column}"));
        assert_eq!(codes(&found(&mut conn, &table)), ["column_missing"]);
        let installed = crate::support::apply(&mut conn, diesel_audit::Step::Install(table));
        let error = installed.expect_err(column).to_string();
        assert!(
            error.contains(&format!("t has no column {column}")),
            "{error}"
        );
    }
}

/// What was recorded before the word is still there.
#[test]
fn a_value_that_is_kept() {
    for recording in [Redact, Hash] {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        run(
            &mut conn,
            "CREATE TABLE t (id integer PRIMARY KEY, c text, d text)",
        );
        let before = audited(&mut conn, "t", &[("c", Value)]);
        run_as_alice(&mut conn, "INSERT INTO t VALUES (1, 'secret', 'd')");
        let after = described(&mut conn, "t", &[("c", recording)]);
        change(&mut conn, &before, &after);
        let findings = found(&mut conn, &after);
        assert_eq!(codes(&findings), ["redacted_value_kept"]);
        assert_eq!(findings[0].repair, None);
        assert!(!format!("{findings:?}").contains("secret"));
        run(&mut conn, "ALTER TABLE audit.t_audit DROP COLUMN c");
        assert_eq!(codes(&found(&mut conn, &after)), [""; 0]);
        run_as_alice(&mut conn, "UPDATE t SET c = 'other'");
    }
}

/// The function reads the key with its own owner's rights, which `verify` knows,
/// and says so if it may not look at the key itself.
#[test]
fn the_key_belongs_to_who_reads_it() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    if !may_make_roles(&mut conn) {
        eprintln!("skipped: this role may not make others");
        return;
    }
    let table = table(&mut conn);
    let owner = Role::create(&database, "owner");
    let name = owner.name();
    run(
        &mut conn,
        &format!(
            "ALTER SCHEMA audit OWNER TO {name}; ALTER TABLE audit.t_audit OWNER TO {name};
             ALTER FUNCTION audit.t_audit_insert() OWNER TO {name}; ALTER FUNCTION audit.t_audit_update() OWNER TO {name};
             ALTER FUNCTION audit.t_audit_delete() OWNER TO {name};
             GRANT USAGE ON SCHEMA diesel_audit TO {name}; GRANT ALL ON ALL FUNCTIONS IN SCHEMA diesel_audit TO {name};
             GRANT USAGE ON SEQUENCE diesel_audit.audit_id TO {name}"
        ),
    );
    let write = "INSERT INTO t VALUES (1, 'r', '2000-01-01', 'c')";
    attempt(&mut conn, ALICE, write).expect_err("a key that its reader may not read");
    let findings = found(&mut conn, &table);
    let rights: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.code.name() == "function_rights")
        .collect();
    assert!(!rights.is_empty(), "{findings:?}");
    for right in rights {
        run(&mut conn, right.repair.as_deref().expect("a repair"));
    }
    run_as_alice(&mut conn, write);
    let reader = Role::create(&database, "reader");
    let mut as_reader = reader.connect();
    let seen = verify(&mut as_reader, &[table]).expect("a verification");
    let unchecked = seen.unchecked.iter().any(|what| what.contains("hash_key"));
    assert!(unchecked, "{seen:?}");
}
