//! The triggers on the source table.

use super::condition;
use crate::evolution::Change;
use diesel_audit_model::names::{self, CORE_SCHEMA};
use diesel_audit_model::operation::RowOperation;
use diesel_audit_model::quote::{dollar, identifier, literal};
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// Creates or replaces the triggers, without a DROP: that would lock out
/// readers. The core lets them fire ALWAYS, so that `session_replication_role`
/// cannot silence them.
///
/// <https://www.postgresql.org/docs/current/sql-createtrigger.html>
pub(super) fn create(table: &AuditedTable) -> String {
    let on_table = On::Name(table.source.to_string());
    triggers(table)
        .iter()
        .map(|trigger| trigger.create_on(&on_table))
        .collect()
}

/// Whether one of the triggers goes.
pub(super) fn drops(old: &AuditedTable, new: &AuditedTable) -> bool {
    let new = triggers(new);
    triggers(old)
        .iter()
        .any(|old| !new.iter().any(|new| new.event == old.event))
}

/// Brings the triggers from one state to the other; nothing if they stay.
pub(super) fn change(change: &Change) -> Option<String> {
    let (old, new) = (triggers(&change.old.table), triggers(&change.new.table));
    if old == new && !change.moves_source() && !condition::changes(change) {
        return None;
    }
    let source = if change.moves_source() {
        On::Variable
    } else {
        On::Name(change.new.table.source.to_string())
    };
    let mut sql = String::new();
    for trigger in &new {
        match old.iter().find(|old| old.event == trigger.event) {
            Some(old) if old == trigger && !condition::changes(change) => {}
            Some(old) => {
                if old.name != trigger.name {
                    sql.push_str(&source.statement(
                        &format!("ALTER TRIGGER {} ON ", identifier(&old.name)),
                        &format!(" RENAME TO {}", identifier(&trigger.name)),
                    ));
                }
                sql.push_str(&trigger.create_on(&source));
            }
            None => sql.push_str(&trigger.create_on(&source)),
        }
    }
    for trigger in old
        .iter()
        .filter(|old| !new.iter().any(|new| new.event == old.event))
    {
        let drop = format!("DROP TRIGGER {} ON ", identifier(&trigger.name));
        sql.push_str(&source.statement(&drop, ""));
    }
    match source {
        On::Name(_) => Some(sql),
        On::Variable if sql.is_empty() => None,
        On::Variable => {
            let body = format!(
                "\nDECLARE\n    source constant text := {};\nBEGIN\n{sql}END\n",
                super::change::source(change)
            );
            Some(format!("DO {};\n", dollar(&body)))
        }
    }
}

/// A trigger of ours.
#[derive(PartialEq, Eq)]
pub(crate) struct Trigger {
    pub(crate) before: bool,
    /// Whether it fires for each row.
    pub(crate) row: bool,
    pub(crate) name: String,
    pub(crate) event: &'static str,
    /// The condition of `WHEN (..)`.
    pub(crate) condition: Option<String>,
    /// The function with its schema, without parentheses.
    pub(crate) function: QualifiedName,
    /// The arguments, as SQL.
    pub(crate) arguments: String,
}

/// Those of an audited table: one for each operation. They are named so that the
/// operations fire one after another.
pub(crate) fn triggers(table: &AuditedTable) -> Vec<Trigger> {
    let of_rows = table.row_operations().map(|operation| Trigger {
        before: false,
        row: true,
        name: names::of_operation(&table.trigger, operation.word()),
        event: operation.event(),
        condition: condition::when(table, operation),
        function: table.function_of(operation),
        arguments: String::new(),
    });
    let of_truncate = table.policy.operations.truncate.then(|| Trigger {
        before: false,
        row: false,
        name: truncate(&table.trigger),
        event: "TRUNCATE",
        condition: None,
        function: record_truncate(),
        arguments: literal(&table.audit.to_string()),
    });
    of_rows.chain(of_truncate).collect()
}

/// The function of the core that records TRUNCATE.
pub(crate) fn record_truncate() -> QualifiedName {
    QualifiedName::new(CORE_SCHEMA, "record_truncate")
}

/// The trigger for TRUNCATE, also on partitions.
pub(crate) fn truncate(trigger: &str) -> String {
    names::of_operation(trigger, "truncate")
}

impl Trigger {
    /// Creates or replaces it on a table, and lets it fire ALWAYS.
    pub(crate) fn create(&self, table: &QualifiedName) -> String {
        format!(
            "{}ALTER TABLE {table} ENABLE ALWAYS TRIGGER {};\n",
            self.create_on(&On::Name(table.to_string())),
            identifier(&self.name)
        )
    }

    /// When it fires.
    pub(crate) fn when(&self) -> String {
        format!("{} {} FOR EACH {}", self.time(), self.event, self.each())
    }

    fn time(&self) -> &'static str {
        if self.before { "BEFORE" } else { "AFTER" }
    }

    fn each(&self) -> &'static str {
        if self.row { "ROW" } else { "STATEMENT" }
    }

    fn create_on(&self, on_table: &On) -> String {
        let condition = match &self.condition {
            Some(condition) => format!(" WHEN ({condition})"),
            None => String::new(),
        };
        on_table.statement(
            &format!(
                "CREATE OR REPLACE TRIGGER {} {} {} ON ",
                identifier(&self.name),
                self.time(),
                self.event
            ),
            &format!(
                "\n    FOR EACH {}{condition} EXECUTE FUNCTION {}({})",
                self.each(),
                self.function,
                self.arguments
            ),
        )
    }
}

/// The table of a statement: a name, or a variable of the block around it.
enum On {
    Name(String),
    Variable,
}

impl On {
    fn statement(&self, before: &str, after: &str) -> String {
        match self {
            On::Name(name) => format!("{before}{name}{after};\n"),
            On::Variable => format!(
                "    EXECUTE {} || source || {};\n",
                literal(before),
                literal(after)
            ),
        }
    }
}

/// All names, whichever operations were recorded: a trigger that is not there is
/// no error.
pub(super) fn drop(table: &AuditedTable) -> String {
    let of_rows = RowOperation::ALL.map(|o| names::of_operation(&table.trigger, o.word()));
    of_rows
        .into_iter()
        .chain([truncate(&table.trigger)])
        .map(|trigger| {
            format!(
                "DROP TRIGGER IF EXISTS {} ON {};\n",
                identifier(&trigger),
                table.source
            )
        })
        .collect()
}
