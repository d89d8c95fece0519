//! The columns of both tables.

use super::Code;
use super::catalog::{Catalog, Column, Relation};
use super::finding::Findings;
use crate::render::repair;
use crate::render::table::{AuditColumn, Origin, columns};
use diesel_audit_model::names::{self, AUDIT_COLUMNS};
use diesel_audit_model::table::{AuditedTable, Recording};

pub(super) fn check(
    table: &AuditedTable,
    catalog: &Catalog,
    source: &Relation,
    audit: &Relation,
    findings: &mut Findings,
) {
    unrecorded(table, catalog, source, findings);
    recorded(table, catalog, source, findings);
    let wanted = columns(table);
    for column in &wanted {
        // The type that it has to have: a name for people and SQL, and the
        // identifier, unless the model's type is not on this server.
        let (shown, oid) = match column.origin {
            Origin::Source => {
                let Some(of_source) = catalog.column(source, &column.name) else {
                    continue;
                };
                (of_source.base.clone(), Some(&of_source.base_oid))
            }
            Origin::Audit | Origin::Setting | Origin::Fact | Origin::Mark => (
                column.sql_type.clone(),
                catalog.objects.types.get(&column.sql_type),
            ),
        };
        match catalog.column(audit, &column.name) {
            Some(has) => {
                of_type(table, has, &shown, oid, findings);
                constraints(table, column, has, findings);
            }
            None => findings.repairable(
                Code::AuditColumnMissing,
                &table.audit,
                format!(
                    "the audit table {} has no column {:?}",
                    table.audit, column.name
                ),
                repair::add_column(&table.audit, &column.name, &shown)
                    + &repair::set_default(table, &column.name),
            ),
        }
    }
    let others = catalog.columns_of(audit);
    for column in others.filter(|c| wanted.iter().all(|w| w.name != c.name)) {
        not_null(table, column, findings);
        kept(table, column, findings);
    }
}

/// Values from before a column was redacted or hashed.
fn kept(table: &AuditedTable, has: &Column, findings: &mut Findings) {
    let mut columns = table.recorded_columns().filter(|c| c.name == has.name);
    let Some(word) = columns.find_map(|column| match column.recording {
        Recording::Redact | Recording::Hash => column.recording.word(),
        _ => None,
    }) else {
        return;
    };
    let message = format!(
        "the audit table {} has the column {:?}, whose values are no longer recorded: it is `{word}`; \
         `cargo diesel-audit generate --drop-history` drops it",
        table.audit, has.name
    );
    findings.open(Code::RedactedValueKept, &table.audit, message);
}

/// What is recorded has to be there, whether its values are stored or not.
fn recorded(table: &AuditedTable, catalog: &Catalog, source: &Relation, findings: &mut Findings) {
    for column in table.recorded_columns() {
        match catalog.column(source, &column.name) {
            None => {
                let message = format!("{} has no column {:?}", table.source, column.name);
                findings.open(Code::ColumnMissing, &table.source, message);
            }
            Some(of_source) if of_source.generated == "v" => {
                let message = format!(
                    "the column {:?} of {} is a virtual generated column",
                    column.name, table.source
                );
                findings.open(Code::ColumnVirtual, &table.source, message);
            }
            Some(_) => {}
        }
    }
}

fn unrecorded(table: &AuditedTable, catalog: &Catalog, source: &Relation, findings: &mut Findings) {
    for column in catalog.columns_of(source) {
        let known = table.columns.iter().any(|c| c.name == column.name)
            || table.unlisted.iter().any(|name| *name == column.name);
        if !known {
            let message = format!(
                "the column {:?} of {} is neither recorded nor excluded",
                column.name, table.source
            );
            findings.open(Code::ColumnUnrecorded, &table.source, message);
        }
    }
}

fn of_type(
    table: &AuditedTable,
    has: &Column,
    wanted: &str,
    wanted_oid: Option<&String>,
    findings: &mut Findings,
) {
    let Some(wanted_oid) = wanted_oid else { return };
    if has.type_oid == *wanted_oid && !has.has_modifier {
        return;
    }
    let message = format!(
        "the column {:?} of the audit table {} is {} and has to be {wanted}",
        has.name, table.audit, has.shown
    );
    let repair = if has.base_oid == *wanted_oid || is_the_same_text(&has.base, wanted) {
        // Without a length, or without a domain's constraint, it holds all that it did.
        repair::alter_column(&table.audit, &has.name, &format!("TYPE {wanted}"))
    } else if AUDIT_COLUMNS.contains(&has.name.as_str()) {
        repair::alter_column(
            &table.audit,
            &has.name,
            &format!(
                "TYPE {wanted} USING {}::{wanted}",
                diesel_audit_model::quote::identifier(&has.name)
            ),
        )
    } else {
        let aside =
            names::cut(&format!("{}_{}", has.name, has.base.replace(' ', "_"))).into_owned();
        repair::begin_column_anew(table, &has.name, &aside, wanted)
            + &repair::set_default(table, &has.name)
    };
    findings.repairable(Code::AuditColumnType, &table.audit, message, repair);
}

/// Two names for the same values.
fn is_the_same_text(a: &str, b: &str) -> bool {
    [a, b]
        .iter()
        .all(|name| ["text", "character varying"].contains(name))
}

fn constraints(table: &AuditedTable, wanted: &AuditColumn, has: &Column, findings: &mut Findings) {
    if !has.generated.is_empty() {
        findings.repairable(
            Code::AuditColumnComputed,
            &table.audit,
            format!(
                "the column {:?} of the audit table {} is generated",
                has.name, table.audit
            ),
            repair::alter_column(&table.audit, &has.name, "DROP EXPRESSION"),
        );
    }
    if wanted.origin != Origin::Audit {
        if !has.identity.is_empty() {
            findings.repairable(
                Code::AuditColumnComputed,
                &table.audit,
                format!(
                    "the column {:?} of the audit table {} is an identity column",
                    has.name, table.audit
                ),
                repair::alter_column(&table.audit, &has.name, "DROP IDENTITY"),
            );
        }
        not_null(table, has, findings);
    }
}

fn not_null(table: &AuditedTable, has: &Column, findings: &mut Findings) {
    if has.is_not_null {
        findings.repairable(
            Code::AuditColumnNotNull,
            &table.audit,
            format!(
                "the column {:?} of the audit table {} is NOT NULL",
                has.name, table.audit
            ),
            repair::alter_column(&table.audit, &has.name, "DROP NOT NULL"),
        );
    }
}
