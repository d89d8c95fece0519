//! The key of the digests.

use super::Code;
use super::catalog::{Catalog, Relation};
use super::finding::Findings;
use crate::sql::hash_key;
use crate::sql::repair::{self, column_privilege, revoke};
use crate::table::AuditedTable;

/// Nothing where no digest is recorded.
pub(super) fn check(
    table: &AuditedTable,
    catalog: &Catalog,
    audit: &Relation,
    findings: &mut Findings,
) {
    let Some(create) = hash_key::create(table, None) else {
        return;
    };
    let name = hash_key::name(table);
    let function = catalog.objects.function(&table.function_name());
    let Some(key) = catalog.objects.relation(&name) else {
        let mut create = create;
        // The function that is there reads it with its own owner's rights.
        if let Some(function) = function {
            create.push_str(&repair::owner(&name, &function.owner.name));
        }
        let message = format!("there is no table {name} for the key of the digests");
        findings.repairable(Code::HashKeyMissing, &name, message, create);
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
            create,
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
    if let Some(function) = function
        && function.owner.name == audit.owner.name
        && catalog.key_rights.get(&function.oid) == Some(&false)
    {
        findings.repairable(
            Code::FunctionRights,
            table.function_name(),
            format!(
                "{}, the owner of the function {}(), may not read the key of the digests in {name}",
                function.owner.name,
                table.function_name()
            ),
            repair::owner(&name, &function.owner.name),
        );
    }
}
