//! The triggers on the audit table that refuse changes of its rows.

use std::fmt::Write;

use crate::quote::{dollar, identifier};
use crate::sql::body::raise_on;
use crate::sql::refusal::Refusal;
use crate::table::{AuditedTable, QualifiedName};

/// Their names, which only have to differ on one table, and when they fire. The
/// first one refuses a statement whether it finds a row or not. One that names a
/// partition or a parent table instead, or that comes by logical replication,
/// fires no trigger for statements: there each row is refused.
///
/// <https://www.postgresql.org/docs/current/trigger-definition.html>
const TRIGGERS: [(&str, &str, &str); 3] = [
    ("00_append_only", "UPDATE OR DELETE", "STATEMENT"),
    ("00_append_only_row", "UPDATE OR DELETE", "ROW"),
    ("00_append_only_truncate", "TRUNCATE", "STATEMENT"),
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
    for (name, events, each) in TRIGGERS {
        let name = identifier(name);
        // Writing to a String cannot fail.
        let _ = writeln!(
            sql,
            "CREATE OR REPLACE TRIGGER {name}\n    BEFORE {events} ON {audit}\n    \
                 FOR EACH {each} EXECUTE FUNCTION {function}();\n\
             ALTER TABLE {audit} ENABLE ALWAYS TRIGGER {name};"
        );
    }
    Some(sql)
}

fn create_function(name: &QualifiedName, audit: &QualifiedName) -> String {
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
    format!(
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger\n    \
             LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp\n    \
             AS {};\n\
         REVOKE ALL ON FUNCTION {name}() FROM PUBLIC;\n",
        dollar(&body)
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
