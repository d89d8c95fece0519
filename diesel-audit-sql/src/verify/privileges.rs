//! Who may do what.

use super::Code;
use super::catalog::{Catalog, Grant, Owner, Relation};
use super::finding::Findings;
use crate::render::repair::{self, column_privilege, revoke};
use diesel_audit_model::quote::identifier;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

pub(super) fn check(
    table: &AuditedTable,
    catalog: &Catalog,
    source: &Relation,
    audit: &Relation,
    findings: &mut Findings,
) {
    on_audit(catalog, audit, findings);
    on_seals(table, catalog, findings);
    on_source(catalog, source, findings);
    for name in table.functions() {
        let Some(function) = catalog.objects.function(&name) else {
            continue;
        };
        for grant in catalog.granted("function", &function.oid) {
            take(
                Code::FunctionGranted,
                &format!("FUNCTION {}()", function.name),
                grant,
                findings,
            );
        }
        owner("function", &function.name, &function.owner, findings);
    }
    on_schema(table, catalog, audit, findings);
}

fn on_audit(catalog: &Catalog, audit: &Relation, findings: &mut Findings) {
    owner("audit table", &audit.name, &audit.owner, findings);
    for relation in catalog.descendants(audit).chain([audit]) {
        for grant in catalog.granted("relation", &relation.oid) {
            if grant.privilege != "SELECT" {
                let on = format!("TABLE {}", relation.name);
                take(Code::AuditGranted, &on, grant, findings);
            }
        }
    }
    let sequences = catalog.objects.sequences.iter();
    for sequence in sequences.filter(|s| s.table == audit.oid) {
        for grant in catalog.granted("relation", &sequence.oid) {
            if grant.privilege != "SELECT" {
                let on = format!("SEQUENCE {}", sequence.name);
                take(Code::SequenceGranted, &on, grant, findings);
            }
        }
    }
}

fn on_seals(table: &AuditedTable, catalog: &Catalog, findings: &mut Findings) {
    let seals = table.seal_table();
    let seals = seals.and_then(|name| catalog.objects.relation(&name));
    if let Some(seals) = seals {
        for grant in catalog.granted("relation", &seals.oid) {
            if grant.privilege != "SELECT" {
                let on = format!("TABLE {}", seals.name);
                take(Code::SealsGranted, &on, grant, findings);
            }
        }
    }
}

fn on_source(catalog: &Catalog, source: &Relation, findings: &mut Findings) {
    owner("audited table", &source.name, &source.owner, findings);
    for relation in catalog.descendants(source).chain([source]) {
        let on = format!("TABLE {}", relation.name);
        for grant in catalog.granted("relation", &relation.oid) {
            if grant.privilege == "TRIGGER" {
                take(Code::SourceTriggerGranted, &on, grant, findings);
            }
        }
    }
}

fn on_schema(table: &AuditedTable, catalog: &Catalog, audit: &Relation, findings: &mut Findings) {
    let mut schemas = catalog.objects.schemas.iter();
    // Where audit tables are beside the application's own, others create there too.
    let of_its_own = table.audit.schema != table.source.schema;
    let Some(schema) = schemas.find(|s| s.name == table.audit.schema) else {
        return;
    };
    if !of_its_own {
        return;
    }
    for grant in catalog.granted("schema", &schema.oid) {
        if grant.privilege == "CREATE" {
            let on = format!("SCHEMA {}", identifier(&schema.name));
            take(Code::SchemaGranted, &on, grant, findings);
        }
    }
    if schema.owner.name != audit.owner.name && !schema.owner.is_superuser {
        findings.repairable(
            Code::SchemaOwner,
            identifier(&schema.name),
            format!(
                "the schema {} belongs to {}, and the audit table {} to {}",
                identifier(&schema.name),
                schema.owner.name,
                audit.name,
                audit.owner.name
            ),
            repair::schema_owner(&schema.name, &audit.owner.name),
        );
    }
}

fn take(code: Code, on: &str, grant: &Grant, findings: &mut Findings) {
    let privilege = column_privilege(&grant.privilege, grant.column.as_deref());
    let grantee = repair::grantee(&grant.grantee.name, grant.grantee.is_public);
    let (_, object) = on.split_once(' ').unwrap_or_default();
    findings.repairable(
        code,
        object,
        format!("{grantee} has {privilege} on {object}"),
        revoke(privilege, on, &grantee),
    );
}

/// A superuser passes everything anyway, and is nobody to report.
fn owner(kind: &str, object: &QualifiedName, owner: &Owner, findings: &mut Findings) {
    if owner.can_log_in && !owner.is_superuser {
        let message = format!(
            "{}, the owner of the {kind} {object}, can log in",
            owner.name
        );
        findings.open(Code::OwnerCanLogIn, object, message);
    }
}
