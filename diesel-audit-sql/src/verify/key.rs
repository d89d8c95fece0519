//! The key of the model, by which the history of a row is found.

use super::Code;
use super::catalog::{Catalog, Index, Relation};
use super::finding::Findings;
use crate::render::repair;
use diesel_audit_model::table::AuditedTable;

pub(super) fn check(
    table: &AuditedTable,
    catalog: &Catalog,
    source: &Relation,
    findings: &mut Findings,
) {
    if table.primary_key.is_empty() || source.kind == "f" {
        return;
    }
    let is_part = |column: &Option<String>| {
        let name = column.as_deref();
        name.is_some_and(|name| table.primary_key.iter().any(|key| key == name))
    };
    let covers = |index: &&Index| index.is_whole && index.columns.iter().all(is_part);
    let of_source = catalog.indexes.iter().filter(|i| i.table == source.oid);
    let keys: Vec<&Index> = of_source.filter(covers).collect();
    let shown = table.primary_key.join(", ");
    if keys.is_empty() {
        findings.repairable(
            Code::KeyNotUnique,
            &table.source,
            format!("no unique index of {} keeps ({shown}) apart", table.source),
            repair::unique_key(table),
        );
    } else if keys.iter().all(|index| !index.is_immediate) {
        for index in keys {
            let Some(constraint) = &index.constraint else {
                continue;
            };
            findings.repairable(
                Code::KeyDeferrable,
                &table.source,
                format!("the key ({shown}) of {} is deferrable", table.source),
                repair::immediate_key(table, constraint, index.is_primary),
            );
        }
    }
}
