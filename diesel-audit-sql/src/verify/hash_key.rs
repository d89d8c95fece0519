//! The key of the digests.

use super::Code;
use super::catalog::{Catalog, Relation};
use super::finding::Findings;
use crate::render::digest;
use crate::render::repair::{self, column_privilege, revoke};
use diesel_audit_model::table::AuditedTable;

/// Nothing where no digest is recorded.
pub(super) fn check(
    table: &AuditedTable,
    catalog: &Catalog,
    audit: &Relation,
    findings: &mut Findings,
) {
    if !digest::is_recorded(table) {
        return;
    }
    let name = digest::key();
    let Some(key) = catalog.objects.relation(&name) else {
        let message = format!("there is no table {name} for the key of the digests");
        findings.open(Code::HashKeyMissing, &name, message);
        return;
    };
    match catalog.keys.iter().find(|found| found.table == key.oid) {
        Some(found) if found.rows != "1" => findings.repairable(
            Code::HashKeyMissing,
            &name,
            format!(
                "{name} has {} rows and has to have one, the key of the digests",
                found.rows
            ),
            repair::make_hash_key(),
        ),
        Some(_) => {}
        None => findings.unchecked(format!(
            "whether {name} has the key of the digests: this role may not read it"
        )),
    }
    for grant in catalog.granted("relation", &key.oid) {
        let privilege = column_privilege(&grant.privilege, grant.column.as_deref());
        let grantee = repair::grantee(&grant.grantee.name, grant.grantee.is_public);
        findings.repairable(
            Code::HashKeyGranted,
            &name,
            format!("{grantee} has {privilege} on {name}"),
            revoke(privilege, format!("TABLE {name}"), &grantee),
        );
    }
    // With its own owner, the function has the rights of that one.
    for name in table.functions() {
        if let Some(function) = catalog.objects.function(&name)
            && function.owner.name == audit.owner.name
            && catalog.key_rights.get(&function.oid) == Some(&false)
        {
            findings.repairable(
                Code::FunctionRights,
                &name,
                format!(
                    "{}, the owner of the function {name}(), may not read the key of the digests in {}",
                    function.owner.name, key.name
                ),
                repair::owner(&key.name, &function.owner.name),
            );
        }
    }
}
