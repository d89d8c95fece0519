//! The state that the last migration or task has brought a table to.

use super::Code;
use super::catalog::{Catalog, Relation};
use super::finding::Findings;
use crate::core;
use crate::render::repair;
use crate::state::state;
use diesel_audit_model::table::AuditedTable;

pub(super) fn check(
    table: &AuditedTable,
    catalog: &Catalog,
    source: &Relation,
    audit: &Relation,
    findings: &mut Findings,
) {
    let is_readable = catalog
        .objects
        .relation(&core::audited())
        .is_some_and(|relation| catalog.objects.readable.contains(&relation.oid));
    if !is_readable {
        findings.unchecked(format!(
            "the state of the audit of {}: this role may not read {}",
            table.source,
            core::audited()
        ));
        return;
    }
    let wanted = state(table);
    let message = match catalog.states.get(&audit.oid) {
        Some((of, has)) if *has == wanted && *of == source.oid => return,
        Some((_, has)) if *has == wanted => {
            format!(
                "{} is the audit table of another table than {}",
                table.audit, table.source
            )
        }
        other => format!(
            "the audit of {} is in the state {} and the model describes {wanted}",
            table.source,
            other.map_or("none", |(_, has)| has)
        ),
    };
    findings.repairable(
        Code::StateDiffers,
        &table.audit,
        message,
        repair::state(table),
    );
}
