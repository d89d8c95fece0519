//! The triggers on the source table.

use crate::evolution::Change;
use crate::names;
use crate::quote::{dollar, identifier, literal};
use crate::table::{AuditedTable, QualifiedName};

/// Creates or replaces the triggers, without a DROP: that would lock out
/// readers. They fire ALWAYS, so that `session_replication_role` cannot
/// silence them.
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
        .any(|old| !new.iter().any(|new| new.row == old.row))
}

/// Brings the triggers from one state to the other; nothing if they stay.
pub(super) fn change(change: &Change) -> Option<String> {
    let (old, new) = (triggers(&change.old.table), triggers(&change.new.table));
    if old == new && !change.moves_source() {
        return None;
    }
    let source = if change.moves_source() {
        On::Variable
    } else {
        On::Name(change.new.table.source.to_string())
    };
    let mut sql = String::new();
    for trigger in &new {
        match old.iter().find(|old| old.row == trigger.row) {
            Some(old) if old == trigger => {}
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
        .filter(|old| !new.iter().any(|new| new.row == old.row))
    {
        let drop = format!("DROP TRIGGER {} ON ", identifier(&trigger.name));
        sql.push_str(&source.statement(&drop, ""));
    }
    match source {
        On::Name(_) => Some(sql),
        On::Variable if sql.is_empty() => None,
        On::Variable => {
            let body = format!(
                "\nDECLARE\n    source constant regclass := {};\nBEGIN\n{sql}END\n",
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
    pub(crate) events: String,
    pub(crate) function: String,
}

/// Those of an audited table: one for its rows, and one for TRUNCATE.
pub(crate) fn triggers(table: &AuditedTable) -> Vec<Trigger> {
    let o = table.operations;
    let row_events: Vec<&str> = [
        (o.insert, "INSERT"),
        (o.update, "UPDATE"),
        (o.delete, "DELETE"),
    ]
    .into_iter()
    .filter_map(|(wanted, event)| wanted.then_some(event))
    .collect();
    let trigger = |row, name: &str, events: String| Trigger {
        before: false,
        row,
        name: name.to_owned(),
        events,
        function: table.function_name().to_string(),
    };
    let row = trigger(true, &table.trigger, row_events.join(" OR "));
    let truncate = trigger(
        false,
        &names::truncate_trigger(&table.trigger),
        "TRUNCATE".to_owned(),
    );
    [(!row_events.is_empty(), row), (o.truncate, truncate)]
        .into_iter()
        .filter_map(|(wanted, trigger)| wanted.then_some(trigger))
        .collect()
}

impl Trigger {
    /// Creates or replaces it on a table.
    pub(crate) fn create(&self, table: &QualifiedName) -> String {
        self.create_on(&On::Name(table.to_string()))
    }

    /// When it fires.
    pub(crate) fn when(&self) -> String {
        format!("{} {} FOR EACH {}", self.time(), self.events, self.each())
    }

    fn time(&self) -> &'static str {
        if self.before { "BEFORE" } else { "AFTER" }
    }

    fn each(&self) -> &'static str {
        if self.row { "ROW" } else { "STATEMENT" }
    }

    fn create_on(&self, on_table: &On) -> String {
        let name = identifier(&self.name);
        let (time, each) = (self.time(), self.each());
        on_table.statement(
            &format!(
                "CREATE OR REPLACE TRIGGER {name}\n    {time} {} ON ",
                self.events
            ),
            &format!("\n    FOR EACH {each} EXECUTE FUNCTION {}()", self.function),
        ) + &on_table.statement("ALTER TABLE ", &format!(" ENABLE ALWAYS TRIGGER {name}"))
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
                "    EXECUTE {} || source::text || {};\n",
                literal(before),
                literal(after)
            ),
        }
    }
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
