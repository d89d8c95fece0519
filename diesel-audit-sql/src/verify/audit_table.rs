//! The audit table as a whole.

use super::Code;
use super::catalog::{Catalog, Function, Relation};
use super::finding::Findings;
use crate::core;
use crate::render::{self, repair};
use crate::step::Step;
use diesel_audit_model::names::{self, AUDIT_COLUMNS};
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// `pg_trigger.tgtype` of a trigger that an INSERT fires.
const ON_INSERT: i16 = 1 << 2;

/// The table, unless it is not there: then there is nothing else to look at.
pub(super) fn check<'a>(
    table: &AuditedTable,
    catalog: &'a Catalog,
    findings: &mut Findings,
) -> Option<&'a Relation> {
    let Some(audit) = catalog.objects.relation(&table.audit) else {
        let message = format!(
            "there is no audit table {} for {}",
            table.audit, table.source
        );
        let mut install = render::step(&Step::Install(table.clone()));
        // The functions that are there write to it with the rights of their owner.
        if let Some(function) = a_function(table, catalog) {
            install.push_str(&repair::owner(&table.audit, &function.owner.name));
        }
        findings.repairable(Code::AuditMissing, &table.audit, message, install);
        return None;
    };
    if !matches!(audit.kind.as_str(), "r" | "p") {
        let message = format!("{} is no table", table.audit);
        findings.open(Code::AuditKind, &table.audit, message);
        return None;
    }
    storage(table, catalog, audit, findings);
    interference(table, catalog, audit, findings);
    row_security(table, catalog, audit, findings);
    numbers(table, catalog, audit, findings);
    Some(audit)
}

fn storage(table: &AuditedTable, catalog: &Catalog, audit: &Relation, findings: &mut Findings) {
    let partitions = catalog.descendants(audit).filter(|r| r.is_partition);
    for relation in partitions.chain([audit]).filter(|r| r.is_unlogged) {
        findings.repairable(
            Code::AuditUnlogged,
            &relation.name,
            format!("the audit table {} is unlogged", relation.name),
            repair::alter_table(&relation.name, "SET LOGGED"),
        );
    }
    if audit.kind == "p" && !audit.has_default_partition {
        let name = names::cut(&format!("{}_default", table.audit.name)).into_owned();
        let name = QualifiedName::new(table.audit.schema.clone(), name);
        findings.repairable(
            Code::AuditPartitionMissing,
            &table.audit,
            format!("the audit table {} has no default partition", table.audit),
            repair::default_partition(&table.audit, &name),
        );
    }
    for child in catalog.descendants(audit).filter(|r| !r.is_partition) {
        findings.repairable(
            Code::AuditChild,
            &child.name,
            format!(
                "{} inherits from the audit table {}",
                child.name, table.audit
            ),
            repair::alter_table(&child.name, &format!("NO INHERIT {}", table.audit)),
        );
    }
}

/// What else works on the table.
fn interference(
    table: &AuditedTable,
    catalog: &Catalog,
    audit: &Relation,
    findings: &mut Findings,
) {
    for (_, rule) in catalog.rules.iter().filter(|(of, _)| *of == audit.oid) {
        findings.repairable(
            Code::AuditRule,
            &table.audit,
            format!("the audit table {} has the rule {rule:?}", table.audit),
            repair::drop_rule(&table.audit, rule),
        );
    }
    let triggers = catalog.triggers.iter();
    for trigger in triggers.filter(|t| {
        t.table == audit.oid && t.events & ON_INSERT != 0 && !t.is_clone && t.enabled != "D"
    }) {
        findings.repairable(
            Code::AuditTrigger,
            &table.audit,
            format!(
                "the trigger {:?} of the audit table {} fires at an INSERT",
                trigger.name, table.audit
            ),
            repair::drop_trigger(&table.audit, &trigger.name),
        );
    }
    for constraint in catalog.constraints.iter().filter(|c| c.table == audit.oid) {
        findings.repairable(
            Code::AuditConstraint,
            &table.audit,
            format!(
                "the audit table {} has the constraint {:?}: {}",
                table.audit, constraint.name, constraint.definition
            ),
            repair::drop_constraint(&table.audit, &constraint.name),
        );
    }
    let indexes = catalog.indexes.iter().filter(|i| i.table == audit.oid);
    let key = Some(AUDIT_COLUMNS[0].to_owned());
    let mut has_key = false;
    for index in indexes {
        // A key that holds the number cannot refuse a row that has a new one.
        if index.columns.contains(&key) {
            has_key |= index.is_primary && (index.columns.len() == 1 || audit.kind == "p");
            continue;
        }
        findings.repairable(
            Code::AuditConstraint,
            &table.audit,
            format!(
                "the audit table {} has the unique index {}",
                table.audit, index.name
            ),
            match &index.constraint {
                Some(name) => repair::drop_constraint(&table.audit, name),
                None => repair::drop_index(&index.name),
            },
        );
    }
    if !has_key {
        findings.repairable(
            Code::AuditKeyMissing,
            &table.audit,
            format!("audit_id is not the primary key of {}", table.audit),
            repair::primary_key(&table.audit),
        );
    }
}

/// The owner of a table passes its row security, unless that is forced.
fn row_security(
    table: &AuditedTable,
    catalog: &Catalog,
    audit: &Relation,
    findings: &mut Findings,
) {
    let function = a_function(table, catalog);
    let Some(function) = function.filter(|f| !f.owner.is_superuser) else {
        return;
    };
    let is_owner = function.owner.name == audit.owner.name;
    if !audit.row_security || is_owner && !audit.forces_row_security {
        return;
    }
    let mut policies = catalog.policies.iter().filter(|p| p.table == audit.oid);
    let passes = policies
        .clone()
        .any(|p| p.is_permissive && p.check.as_deref() == Some("true"));
    if passes && policies.all(|p| p.is_permissive) {
        return;
    }
    let action = if is_owner {
        "NO FORCE ROW LEVEL SECURITY"
    } else {
        "DISABLE ROW LEVEL SECURITY"
    };
    findings.repairable(
        Code::AuditRowSecurity,
        &table.audit,
        format!(
            "row security of the audit table {} holds for the function {}() too, and no policy lets every row in",
            table.audit, function.name
        ),
        repair::alter_table(&table.audit, action),
    );
}

/// One of the functions that record; they belong together.
fn a_function<'a>(table: &AuditedTable, catalog: &'a Catalog) -> Option<&'a Function> {
    let mut functions = table.functions().into_iter();
    functions.find_map(|name| catalog.objects.function(&name))
}

/// Where the numbers come from.
fn numbers(table: &AuditedTable, catalog: &Catalog, audit: &Relation, findings: &mut Findings) {
    if catalog.column(audit, AUDIT_COLUMNS[0]).is_none() {
        // Reported as a missing column.
        return;
    }
    let mut sequences = catalog.objects.sequences.iter();
    let Some(sequence) = sequences.find(|s| s.table == audit.oid && s.name == core::sequence())
    else {
        findings.repairable(
            Code::IdentityDiffers,
            &table.audit,
            format!(
                "audit_id of {} is not numbered by the sequence {}",
                table.audit,
                core::sequence()
            ),
            repair::number_by_core(&table.audit),
        );
        return;
    };
    let counts = (
        sequence.cache.as_str(),
        sequence.increment.as_str(),
        sequence.cycles,
        sequence.max.as_str(),
    );
    if counts != ("1", "1", false, "9223372036854775807") {
        findings.repairable(
            Code::IdentityDiffers,
            &sequence.name,
            format!(
                "the sequence {} has CACHE {}, INCREMENT {}, MAXVALUE {}{}",
                sequence.name,
                sequence.cache,
                sequence.increment,
                sequence.max,
                if sequence.cycles { ", CYCLE" } else { "" }
            ),
            repair::count_one_by_one(&sequence.name),
        );
    }
    // A subscription brings rows and no numbers, until the subscriber takes over.
    if catalog.is_subscribed(audit) {
        return;
    }
    match catalog.positions.get(&audit.oid) {
        Some(position) if position.max.is_some_and(|max| max >= position.next) => findings
            .repairable(
                Code::IdentityBehind,
                &sequence.name,
                format!(
                    "the sequence {} goes on with {}, and {} holds numbers up to {}",
                    sequence.name,
                    position.next,
                    table.audit,
                    position.max.unwrap_or_default()
                ),
                repair::move_identity(&table.audit, &sequence.name),
            ),
        Some(_) => {}
        None => findings.unchecked(format!(
            "whether {} is past the numbers in {}: this role may not read both",
            sequence.name, table.audit
        )),
    }
}
