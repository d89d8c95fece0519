//! The triggers on the source table.

use crate::names;
use crate::quote::identifier;
use crate::table::AuditedTable;

/// Creates or replaces the triggers, without a DROP: that would lock out
/// readers. They fire ALWAYS, so that `session_replication_role` cannot
/// silence them.
///
/// <https://www.postgresql.org/docs/current/sql-createtrigger.html>
pub(super) fn create(table: &AuditedTable) -> String {
    let function = table.function_name();
    let source = &table.source;
    let mut sql = String::new();
    if let Some(events) = row_events(table) {
        let trigger = identifier(&table.trigger);
        sql.push_str(&format!(
            "CREATE OR REPLACE TRIGGER {trigger}\n    \
                 AFTER {events} ON {source}\n    \
                 FOR EACH ROW EXECUTE FUNCTION {function}();\n\
             ALTER TABLE {source} ENABLE ALWAYS TRIGGER {trigger};\n"
        ));
    }
    if table.operations.truncate {
        let trigger = identifier(&names::truncate_trigger(&table.trigger));
        sql.push_str(&format!(
            "CREATE OR REPLACE TRIGGER {trigger}\n    \
                 AFTER TRUNCATE ON {source}\n    \
                 FOR EACH STATEMENT EXECUTE FUNCTION {function}();\n\
             ALTER TABLE {source} ENABLE ALWAYS TRIGGER {trigger};\n"
        ));
    }
    sql
}

fn row_events(table: &AuditedTable) -> Option<String> {
    let o = table.operations;
    let events: Vec<&str> = [
        (o.insert, "INSERT"),
        (o.update, "UPDATE"),
        (o.delete, "DELETE"),
    ]
    .into_iter()
    .filter_map(|(wanted, event)| wanted.then_some(event))
    .collect();
    (!events.is_empty()).then(|| events.join(" OR "))
}

/// Both names, whichever operations were recorded: a trigger that is not
/// there is no error.
pub(super) fn drop(table: &AuditedTable) -> String {
    [
        table.trigger.to_string(),
        names::truncate_trigger(&table.trigger),
    ]
    .map(|trigger| {
        format!(
            "DROP TRIGGER IF EXISTS {} ON {};\n",
            identifier(&trigger),
            table.source
        )
    })
    .concat()
}
