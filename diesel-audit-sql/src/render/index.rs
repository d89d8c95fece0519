//! The indexes of the audit table.

use crate::evolution::{Change, Moves, stored_by_change};
use diesel_audit_model::names::{self, AUDIT_COLUMNS};
use diesel_audit_model::quote::identifier;
use diesel_audit_model::table::{AuditedTable, QualifiedName, Setting};

/// What an index is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Index<'a> {
    /// The history of a row.
    Key,
    /// The value of a column that is stored by its change: the last row that has it.
    Value(&'a str),
    /// The changes under a value of a session setting, as of one request.
    Setting(&'a Setting),
}

impl Index<'_> {
    fn name(self, audit_table: &str) -> String {
        match self {
            Index::Key => names::key_index(audit_table),
            Index::Value(column) => names::column_index(audit_table, column),
            Index::Setting(setting) => {
                names::column_index(audit_table, &names::setting_column(&setting.name))
            }
        }
    }

    /// The end of its statement.
    fn definition(self, table: &AuditedTable) -> String {
        let key = || {
            with_id(
                table
                    .primary_key
                    .iter()
                    .map(|key| identifier(key))
                    .collect(),
            )
        };
        match self {
            Index::Key => key(),
            Index::Value(column) => format!(
                "{}\n    WHERE {} IS DISTINCT FROM false",
                key(),
                identifier(&names::changed_column(column))
            ),
            Index::Setting(setting) => {
                let column = names::setting_column(&setting.name);
                let columns = with_id(vec![column.clone()]);
                match setting.required {
                    true => columns,
                    false => format!("{columns}\n    WHERE {column} IS NOT NULL"),
                }
            }
        }
    }
}

fn with_id(mut columns: Vec<String>) -> String {
    columns.push(AUDIT_COLUMNS[0].to_owned());
    format!("({})", columns.join(", "))
}

/// A table without a key has none for the history of a row.
fn all(table: &AuditedTable) -> Vec<Index<'_>> {
    let mut indexes = Vec::new();
    if !table.primary_key.is_empty() {
        indexes.push(Index::Key);
        indexes.extend(stored_by_change(table).map(Index::Value));
    }
    let indexed = table.settings.iter().filter(|setting| setting.index);
    indexes.extend(indexed.map(Index::Setting));
    indexes
}

/// Creates what is missing.
pub(super) fn create(table: &AuditedTable) -> String {
    statements(table, &all(table))
}

/// Only those that differ come and go.
pub(super) fn change(change: &Change, moves: &Moves) -> String {
    let new = &change.new.table;
    let (ended, begun) = differing(change, moves);
    let ended = ended.into_iter().map(|index| {
        let name = QualifiedName::new(new.audit.schema.clone(), index.name(&new.audit.name));
        format!("DROP INDEX IF EXISTS {name};\n")
    });
    ended.collect::<String>() + &statements(new, &begun)
}

/// Whether a change drops some, and whether it creates some: each has a lock of its own.
pub(super) fn drops_and_creates(change: &Change, moves: &Moves) -> (bool, bool) {
    let (ended, begun) = differing(change, moves);
    (!ended.is_empty(), !begun.is_empty())
}

/// Those that end and those that begin. An index follows its columns to other names.
fn differing<'a>(change: &'a Change, moves: &Moves) -> (Vec<Index<'a>>, Vec<Index<'a>>) {
    let (before, after) = (all(&change.old.table), all(&change.new.table));
    let moves_key = change.moves_key(moves);
    let stays = |index: &Index<'_>| {
        let is_moved = moves_key && !matches!(index, Index::Setting(_));
        !is_moved && before.contains(index) && after.contains(index)
    };
    let only = |indexes: &[Index<'a>]| indexes.iter().filter(|i| !stays(i)).copied().collect();
    (only(&before), only(&after))
}

fn statements(table: &AuditedTable, indexes: &[Index<'_>]) -> String {
    let statements = indexes.iter().map(|index| {
        format!(
            "CREATE INDEX IF NOT EXISTS {} ON {} {};\n",
            identifier(&index.name(&table.audit.name)),
            table.audit,
            index.definition(table)
        )
    });
    statements.collect()
}

/// They are named after the audit table.
pub(super) fn rename(old: &AuditedTable, new: &AuditedTable) -> String {
    let statements = all(old).into_iter().map(|index| {
        let before = QualifiedName::new(new.audit.schema.clone(), index.name(&old.audit.name));
        let after = identifier(&index.name(&new.audit.name));
        format!("ALTER INDEX IF EXISTS {before} RENAME TO {after};\n")
    });
    statements.collect()
}
