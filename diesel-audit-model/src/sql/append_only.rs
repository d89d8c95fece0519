//! The triggers on the audit table that refuse changes of its rows.

use crate::quote::{dollar, identifier};
use crate::sql::body::raise_on;
use crate::sql::refusal::Refusal;
use crate::sql::trigger::Trigger;
use crate::table::{AuditedTable, QualifiedName};

/// Their names, which only have to differ on one table, when they fire, and
/// whether for each row. The
/// first one refuses a statement whether it finds a row or not. One that names a
/// partition or a parent table instead, or that comes by logical replication,
/// fires no trigger for statements: there each row is refused.
///
/// <https://www.postgresql.org/docs/current/trigger-definition.html>
const TRIGGERS: [(&str, &str, bool); 3] = [
    ("00_append_only", "UPDATE OR DELETE", false),
    ("00_append_only_row", "UPDATE OR DELETE", true),
    ("00_append_only_truncate", "TRUNCATE", false),
];

/// Creates or replaces the function and its triggers; nothing for a table whose
/// history is not append-only. They fire ALWAYS, so that
/// `session_replication_role` cannot silence them.
///
/// The function touches nothing, so it needs no rights but its caller's.
pub(super) fn create(table: &AuditedTable) -> Option<String> {
    let function = table.append_only_function()?;
    let audit = &table.audit;
    let mut sql = create_function(&function, audit);
    for trigger in triggers(&function) {
        sql.push_str(&trigger.create(audit));
    }
    Some(sql)
}

/// The triggers on the audit table.
pub(crate) fn triggers(function: &QualifiedName) -> Vec<Trigger> {
    let trigger = |(name, events, row): (&str, &str, bool)| Trigger {
        before: true,
        row,
        name: name.to_owned(),
        events: events.to_owned(),
        function: function.to_string(),
    };
    TRIGGERS.map(trigger).into()
}

/// The text of the function, as `pg_proc.prosrc` has it.
pub(crate) fn body(audit: &QualifiedName) -> String {
    let mut body = String::from("\nBEGIN\n");
    raise_on(
        &mut body,
        1,
        audit,
        Refusal::AppendOnly,
        "",
        &format!("the audit table {audit} is append-only: its rows are not changed or removed"),
        "A change of the source is recorded by a further row.",
    );
    body.push_str("END\n");
    body
}

pub(crate) fn create_function(name: &QualifiedName, audit: &QualifiedName) -> String {
    format!(
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger\n    \
             LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp\n    \
             AS {};\n\
         REVOKE ALL ON FUNCTION {name}() FROM PUBLIC;\n",
        dollar(&body(audit))
    )
}

/// Brings the triggers from one state to the other; nothing if they stay. An
/// audit table that was moved has taken them along, with the function of before.
pub(super) fn change(old: &AuditedTable, new: &AuditedTable) -> Option<String> {
    let (before, after) = (old.append_only_function(), new.append_only_function());
    if before == after {
        return None;
    }
    let triggers = create(new).unwrap_or_else(|| drop_triggers(&new.audit));
    Some(triggers + &drop_function(old).unwrap_or_default())
}

fn drop_triggers(audit: &QualifiedName) -> String {
    TRIGGERS
        .map(|(name, ..)| format!("DROP TRIGGER IF EXISTS {} ON {audit};\n", identifier(name)))
        .concat()
}

/// Drops the function, whose triggers are gone.
pub(super) fn drop_function(table: &AuditedTable) -> Option<String> {
    let function = table.append_only_function()?;
    Some(format!("DROP FUNCTION IF EXISTS {function}();\n"))
}

/// What was append-only stays so after its audit has ended: the function goes
/// only where the audit table does.
pub(super) fn leave(table: &AuditedTable) -> Option<String> {
    let body = format!(
        "\nBEGIN\n    {}\
         EXCEPTION WHEN dependent_objects_still_exist THEN\n    \
             NULL;\n\
         END\n",
        drop_function(table)?
    );
    Some(format!(
        "-- A history that stays, stays append-only.\nDO {};\n",
        dollar(&body)
    ))
}
