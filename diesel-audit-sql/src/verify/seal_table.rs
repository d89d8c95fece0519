//! The table of the seals as a whole, and the index by which a sealer finds new
//! rows.

use super::Code;
use super::catalog::{Catalog, Relation};
use super::finding::Findings;
use crate::render::repair;
use crate::render::seals::{self as render, COLUMNS};
use diesel_audit_model::table::{AuditedTable, QualifiedName};

pub(super) fn check(
    table: &AuditedTable,
    catalog: &Catalog,
    audit: &Relation,
    findings: &mut Findings,
) {
    let Some(name) = table.seal_table() else {
        return;
    };
    match catalog.objects.relation(&name) {
        // Who makes it may be another than who seals.
        None => missing(
            table,
            &name,
            &repair::owner(&name, &audit.owner.name),
            findings,
        ),
        Some(seals) => {
            columns(table, catalog, seals, findings);
            if seals.is_unlogged {
                let message = format!("the seals {name} are unlogged");
                let repair = repair::alter_table(&name, "SET LOGGED");
                findings.repairable(Code::AuditUnlogged, &name, message, repair);
            }
            if seals.owner.name != audit.owner.name && !seals.owner.is_superuser {
                let message = format!(
                    "the seals {name} belong to {}, and the audit table {} to {}",
                    seals.owner.name, table.audit, audit.owner.name
                );
                let repair = repair::owner(&name, &audit.owner.name);
                findings.repairable(Code::SealsGranted, &name, message, repair);
            }
        }
    }
    let index = render::index(&table.audit);
    if catalog.objects.relation(&index).is_none() {
        findings.repairable(
            Code::SealsIndexMissing,
            &table.audit,
            format!("there is no index {index} on audit_transaction_id"),
            render::create_index(&table.audit),
        );
    }
}

/// With the statements that follow its creation.
pub(super) fn missing(
    table: &AuditedTable,
    seals: &QualifiedName,
    then: &str,
    findings: &mut Findings,
) {
    findings.repairable(
        Code::SealsMissing,
        seals,
        format!("there is no table {seals} for the seals of {}", table.audit),
        render::create_table(seals) + &render::close(seals) + then,
    );
}

/// A table of other columns is somebody else's, or was changed.
fn columns(table: &AuditedTable, catalog: &Catalog, seals: &Relation, findings: &mut Findings) {
    for (name, sql_type) in COLUMNS {
        let has = catalog.column(seals, name);
        if seals.kind == "r" && has.is_some_and(|has| has.shown == sql_type) {
            continue;
        }
        let has = has.map_or("missing", |has| &has.shown);
        let message = format!(
            "the column {name:?} of the seals {} of {} is {has} and has to be {sql_type}",
            seals.name, table.audit
        );
        findings.open(Code::SealsMissing, &seals.name, message);
    }
}
