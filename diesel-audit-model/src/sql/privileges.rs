//! Who may touch what is installed: nobody but its owner.

use super::block::pinned;
use crate::quote::literal;
use crate::table::{AuditedTable, QualifiedName};

/// Takes away what `ALTER DEFAULT PRIVILEGES` has granted on the new objects.
/// A role that can write to the audit table can forge it; one that can execute
/// the function can make it the trigger of a table of its own, which forges it
/// as well. Reading the history stays as it was granted.
///
/// <https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html>
pub(super) fn close(table: &AuditedTable) -> String {
    let declare = format!(
        "    history constant regclass := {history}::pg_catalog.regclass;
    granted record;
",
        history = literal(&table.audit.to_string()),
    );
    let body = format!(
        "    FOR granted IN
        SELECT pg_catalog.string_agg(acl.privilege_type, ', ') || ' ON TABLE ' || oid::regclass AS rights, acl.grantee
        FROM pg_catalog.pg_class, pg_catalog.aclexplode(relacl) AS acl
        WHERE oid = history AND acl.grantee <> relowner AND acl.privilege_type <> 'SELECT'
        GROUP BY oid, acl.grantee
        UNION
        SELECT pg_catalog.string_agg(acl.privilege_type, ', ') || ' ON SEQUENCE ' || oid::regclass, acl.grantee
        FROM pg_catalog.pg_class, pg_catalog.aclexplode(relacl) AS acl
        WHERE oid = pg_catalog.pg_get_serial_sequence(history::text, 'audit_id')::regclass
            AND acl.grantee <> relowner AND acl.privilege_type <> 'SELECT'
        GROUP BY oid, acl.grantee
        UNION
        SELECT 'EXECUTE ON FUNCTION ' || oid::regprocedure, acl.grantee
        FROM pg_catalog.pg_proc, pg_catalog.aclexplode(proacl) AS acl
        WHERE oid = {function}::pg_catalog.regprocedure AND acl.grantee <> proowner
    LOOP
        EXECUTE pg_catalog.format('REVOKE %s FROM %s', granted.rights,
            CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END);
    END LOOP;
",
        function = literal(&format!("{}()", table.function_name())),
    );
    format!(
        "-- Default privileges may have granted more than reading.\n{}",
        pinned(&declare, &body, None)
    )
}

/// The same for a table that belongs to the audit table.
pub(super) fn close_table(table: &QualifiedName) -> String {
    let body = format!(
        "    FOR granted IN
        SELECT pg_catalog.string_agg(acl.privilege_type, ', ') || ' ON TABLE ' || oid::regclass AS rights, acl.grantee
        FROM pg_catalog.pg_class, pg_catalog.aclexplode(relacl) AS acl
        WHERE oid = {}::pg_catalog.regclass AND acl.grantee <> relowner AND acl.privilege_type <> 'SELECT'
        GROUP BY oid, acl.grantee
    LOOP
        EXECUTE pg_catalog.format('REVOKE %s FROM %s', granted.rights,
            CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END);
    END LOOP;
",
        literal(&table.to_string()),
    );
    pinned("    granted record;\n", &body, None)
}
