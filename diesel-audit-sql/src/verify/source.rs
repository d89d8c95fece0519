//! The audited table.

use super::Code;
use super::catalog::{Catalog, Relation};
use super::finding::Findings;
use crate::render::repair;
use crate::render::trigger::triggers;
use diesel_audit_model::policy::Unaudited;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// The table, unless it is not there: then there is nothing else to look at.
pub(super) fn check<'a>(
    table: &AuditedTable,
    tables: &[AuditedTable],
    catalog: &'a Catalog,
    findings: &mut Findings,
) -> Option<&'a Relation> {
    let Some(source) = catalog.objects.relation(&table.source) else {
        let message = format!("there is no table {}", table.source);
        findings.open(Code::SourceMissing, &table.source, message);
        return None;
    };
    if !matches!(source.kind.as_str(), "r" | "p" | "f") {
        let message = format!("{} is no table", table.source);
        findings.open(Code::SourceMissing, &table.source, message);
        return None;
    }
    children(catalog, source, findings);
    storage(catalog, source, findings);
    let is_ours =
        |name: &QualifiedName| tables.iter().any(|t| t.source == *name || t.audit == *name);
    let alike = catalog.look_alikes.iter();
    for (_, name) in alike.filter(|(of, name)| *of == source.oid && !is_ours(name)) {
        let message = format!(
            "{name} has the columns of the partitioned table {} and is no partition of it",
            table.source
        );
        findings.open(Code::DetachedPartition, name, message);
    }
    if catalog.is_subscribed(source) {
        subscribed(table, catalog, source, findings);
    }
    Some(source)
}

/// What a crash or another server can take or change without a trigger.
fn storage(catalog: &Catalog, source: &Relation, findings: &mut Findings) {
    for part in catalog.descendants(source).chain([source]) {
        if part.is_unlogged {
            findings.repairable(
                Code::SourceUnlogged,
                &part.name,
                format!("the audited table {} is unlogged", part.name),
                repair::alter_table(&part.name, "SET LOGGED"),
            );
        }
        if part.kind == "f" {
            let message = format!("{} is a foreign table", part.name);
            findings.open(Code::SourceForeign, &part.name, message);
        }
    }
}

fn children(catalog: &Catalog, source: &Relation, findings: &mut Findings) {
    for child in catalog.descendants(source).filter(|c| !c.is_partition) {
        let parents = catalog.objects.relations.iter();
        for parent in parents.filter(|p| Some(&p.oid) == child.parent.as_ref()) {
            findings.repairable(
                Code::InheritanceChild,
                &child.name,
                format!("{} inherits from {}", child.name, parent.name),
                repair::alter_table(&child.name, &format!("NO INHERIT {}", parent.name)),
            );
        }
    }
}

/// The worker of a subscription has no context. It writes where nothing is
/// asked for, where the trigger lets it pass, since it fires for what is written
/// here only, or where a trigger for replication gives it one.
fn subscribed(table: &AuditedTable, catalog: &Catalog, source: &Relation, findings: &mut Findings) {
    let asks = table.settings.iter().any(|setting| setting.required)
        || table.policy.unaudited == Unaudited::Forbid;
    let on_source = catalog.triggers.iter().filter(|t| t.table == source.oid);
    if !asks || on_source.clone().any(|trigger| trigger.enabled == "R") {
        return;
    }
    let wanted = triggers(table);
    let ours = on_source.filter(|has| wanted.iter().any(|trigger| trigger.name == has.name));
    for trigger in ours.filter(|trigger| trigger.enabled == "A") {
        findings.repairable(
            Code::Subscribed,
            &table.source,
            format!(
                "{} is filled by a subscription, and the trigger {:?} asks it for a context",
                table.source, trigger.name
            ),
            repair::enable_for_origin(&table.source, &trigger.name),
        );
    }
}
