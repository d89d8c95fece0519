//! The triggers of both tables, and those of others that call our functions.

use super::Code;
use super::catalog::{Catalog, Function, Relation, Trigger as Has};
use super::finding::Findings;
use crate::render::trigger::{Trigger, triggers};
use crate::render::{append_only, repair};
use diesel_audit_model::names;
use diesel_audit_model::table::AuditedTable;

/// Bits of `pg_trigger.tgtype`.
/// <https://www.postgresql.org/docs/current/catalog-pg-trigger.html>
const ROW: i16 = 1;
const BEFORE: i16 = 1 << 1;
const INSTEAD: i16 = 1 << 6;
const EVENTS: [(&str, i16); 4] = [
    ("INSERT", 1 << 2),
    ("DELETE", 1 << 3),
    ("UPDATE", 1 << 4),
    ("TRUNCATE", 1 << 5),
];

pub(super) fn check(
    table: &AuditedTable,
    tables: &[AuditedTable],
    catalog: &Catalog,
    source: &Relation,
    audit: &Relation,
    findings: &mut Findings,
) {
    let is_subscribed = catalog.is_subscribed(source);
    for trigger in triggers(table) {
        let wanted = Wanted {
            trigger: &trigger,
            enabled: if is_subscribed { "AO" } else { "A" },
        };
        wanted.check(catalog, source, findings);
        if trigger.row {
            wanted.check_partitions(catalog, source, findings);
        } else {
            // A partition that came later has none, and could be emptied by its own name.
            for partition in catalog.descendants(source).filter(|r| r.is_partition) {
                wanted.check(catalog, partition, findings);
            }
        }
    }
    order(table, catalog, source, findings);
    if table.policy.append_only {
        for trigger in append_only::triggers() {
            let wanted = Wanted {
                trigger: &trigger,
                enabled: "A",
            };
            wanted.check(catalog, audit, findings);
        }
    }
    elsewhere(table, tables, catalog, source, findings);
}

struct Wanted<'a> {
    trigger: &'a Trigger,
    /// The values of `tgenabled` that will do.
    enabled: &'static str,
}

impl Wanted<'_> {
    fn check(&self, catalog: &Catalog, on: &Relation, findings: &mut Findings) {
        let (name, table) = (&self.trigger.name, &on.name);
        let mut on_table = catalog.triggers.iter().filter(|t| t.table == on.oid);
        let Some(has) = on_table.find(|t| t.name == *name) else {
            findings.repairable(
                Code::TriggerMissing,
                table,
                format!("{table} has no trigger {name:?}"),
                self.trigger.create(table),
            );
            return;
        };
        let function = catalog.objects.function(&self.trigger.function);
        let calls_it = function.is_some_and(|function| function.oid == has.function);
        let is_conditional = self.trigger.condition.is_some();
        if !calls_it || has.is_conditional != is_conditional || has.events != bits(self.trigger) {
            // A function that is missing takes its triggers along.
            findings.repairable(
                Code::TriggerDiffers,
                table,
                format!(
                    "the trigger {name:?} of {table} has to fire {}, and call {}()",
                    self.trigger.when(),
                    self.trigger.function
                ),
                repair::create_trigger_anew(table, self.trigger),
            );
        } else {
            self.fires(has, findings);
        }
    }

    fn fires(&self, has: &Has, findings: &mut Findings) {
        let (name, table) = (&has.name, &has.table_name);
        if self.enabled.contains(&has.enabled) {
            return;
        }
        let (code, how) = match has.enabled.as_str() {
            "D" => (Code::TriggerDisabled, "is disabled"),
            "R" => (Code::TriggerNotAlways, "fires for replication only"),
            _ => (Code::TriggerNotAlways, "does not fire ALWAYS"),
        };
        findings.repairable(
            code,
            table,
            format!("the trigger {name:?} of {table} {how}"),
            repair::enable_always(table, name),
        );
    }

    /// Each partition has the trigger for rows, with a state of its own.
    fn check_partitions(&self, catalog: &Catalog, source: &Relation, findings: &mut Findings) {
        for partition in catalog.descendants(source).filter(|r| r.is_partition) {
            let triggers = catalog.triggers.iter();
            for has in triggers
                .filter(|t| t.table == partition.oid && t.is_clone && t.name == self.trigger.name)
            {
                self.fires(has, findings);
            }
        }
    }
}

/// Triggers of one kind fire in the order of their names, a partition's own
/// among those of its parent.
fn order(table: &AuditedTable, catalog: &Catalog, source: &Relation, findings: &mut Findings) {
    let of_audit = triggers(table);
    let partitions = catalog.descendants(source).filter(|r| r.is_partition);
    let tables: Vec<&str> = partitions.chain([source]).map(|r| r.oid.as_str()).collect();
    for other in catalog.triggers.iter().filter(|t| {
        tables.contains(&t.table.as_str())
            && !t.is_clone
            && t.events & (ROW | BEFORE | INSTEAD) == ROW
            && t.enabled != "D"
            && !t.is_deferred
            && !of_audit.iter().any(|ours| ours.name == t.name)
    }) {
        let is_after = |ours: &&Trigger| {
            ours.row
                && bits(ours) & other.events & !ROW != 0
                && other.name.as_bytes() < ours.name.as_bytes()
        };
        let Some(ours) = of_audit
            .iter()
            .filter(is_after)
            .max_by_key(|ours| &ours.name)
        else {
            continue;
        };
        let behind = names::cut(&format!("{}_{}", ours.name, other.name)).into_owned();
        findings.repairable(
            Code::TriggerOrder,
            &other.table_name,
            format!(
                "the trigger {:?} of {} fires before {:?}",
                other.name, other.table_name, ours.name
            ),
            repair::rename_trigger(&other.table_name, &other.name, &behind),
        );
    }
}

/// A trigger of another model that calls this one's function is reported there.
fn elsewhere(
    table: &AuditedTable,
    tables: &[AuditedTable],
    catalog: &Catalog,
    source: &Relation,
    findings: &mut Findings,
) {
    let is_known = |oid: &str| {
        let relations = &catalog.objects.relations;
        relations
            .iter()
            .any(|r| r.root == source.oid && r.oid == oid)
    };
    let functions: Vec<&Function> = table
        .functions()
        .iter()
        .filter_map(|name| catalog.objects.function(name))
        .collect();
    let called = |has: &Has| functions.iter().find(|f| f.oid == has.function).copied();
    let calls = catalog
        .triggers
        .iter()
        .filter_map(|has| Some((has, called(has)?)));
    let is_anothers = |has: &Has| {
        let mut others = tables.iter().filter(|t| t.source == has.table_name);
        others.any(|other| triggers(other).iter().any(|t| t.name == has.name))
    };
    for (has, function) in calls.filter(|(t, _)| !is_known(&t.table) && !is_anothers(t)) {
        findings.repairable(
            Code::TriggerElsewhere,
            &has.table_name,
            format!(
                "the trigger {:?} of {} calls {}(), which is for {}",
                has.name, has.table_name, function.name, table.source
            ),
            repair::drop_trigger(&has.table_name, &has.name),
        );
    }
}

fn bits(trigger: &Trigger) -> i16 {
    let events = EVENTS
        .iter()
        .filter(|(event, _)| trigger.event.split(" OR ").any(|e| e == *event))
        .fold(0, |bits, (_, bit)| bits | bit);
    events | if trigger.row { ROW } else { 0 } | if trigger.before { BEFORE } else { 0 }
}
