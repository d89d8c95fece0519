//! The triggers on the audit table that refuse changes of its rows.

use super::trigger::Trigger;
use diesel_audit_model::names::CORE_SCHEMA;
use diesel_audit_model::quote::identifier;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// Their names, which only have to differ on one table, when they fire, and
/// whether for each row. Those for statements refuse a statement whether it finds a
/// row or not. One that names a partition or a parent table instead, or that comes
/// by logical replication, fires no trigger for statements: there each row is refused.
///
/// <https://www.postgresql.org/docs/current/trigger-definition.html>
const TRIGGERS: [(&str, &str, bool); 3] = [
    ("00_append_only", "UPDATE OR DELETE", false),
    ("00_append_only_row", "UPDATE OR DELETE", true),
    ("00_append_only_truncate", "TRUNCATE", false),
];

/// Creates or replaces the triggers; nothing for a table whose history is not
/// append-only. They call a function of the core, which touches nothing.
pub(super) fn create(table: &AuditedTable) -> Option<String> {
    let create = |trigger: &Trigger| trigger.create(&table.audit);
    table
        .policy
        .append_only
        .then(|| triggers().iter().map(create).collect())
}

/// The triggers on the audit table.
pub(crate) fn triggers() -> Vec<Trigger> {
    let trigger = |(name, event, row): (&str, &'static str, bool)| Trigger {
        before: true,
        row,
        name: name.to_owned(),
        event,
        condition: None,
        function: refuse_change(),
        arguments: String::new(),
    };
    TRIGGERS.map(trigger).into()
}

/// The function of the core that refuses.
pub(crate) fn refuse_change() -> QualifiedName {
    QualifiedName::new(CORE_SCHEMA, "refuse_change")
}

/// Brings the triggers from one state to the other; nothing if they stay. An
/// audit table that was moved has taken them along.
pub(super) fn change(old: &AuditedTable, new: &AuditedTable) -> Option<String> {
    if old.policy.append_only == new.policy.append_only {
        return None;
    }
    Some(create(new).unwrap_or_else(|| drop_triggers(&new.audit)))
}

fn drop_triggers(audit: &QualifiedName) -> String {
    TRIGGERS
        .map(|(name, ..)| format!("DROP TRIGGER IF EXISTS {} ON {audit};\n", identifier(name)))
        .concat()
}
