//! A change in words.

use super::columns::Moves;
use super::{Change, written};
use diesel_audit_model::quote::identifier;
use diesel_audit_model::table::{AuditedTable, ContextScope, QualifiedName, Unaudited};

/// What the trigger functions are named after.
fn functions_of(table: &AuditedTable) -> String {
    QualifiedName::new(table.audit.schema.clone(), table.function.clone()).to_string()
}

impl Change {
    /// What changes, in one line.
    pub fn summary(&self) -> String {
        let (old, new) = (&self.old.table, &self.new.table);
        let mut parts = Vec::new();
        let moved = |what: &str, old: String, new: String| {
            (old != new).then(|| format!("{what} {new} (was {old})"))
        };
        parts.extend(moved(
            "table",
            old.source.to_string(),
            new.source.to_string(),
        ));
        parts.extend(moved(
            "audit table",
            old.audit.to_string(),
            new.audit.to_string(),
        ));
        parts.extend(moved("function", functions_of(old), functions_of(new)));
        parts.extend(moved(
            "trigger",
            identifier(&old.trigger),
            identifier(&new.trigger),
        ));
        let moves = self.moves();
        let lost = if self.drop_history {
            "dropped"
        } else {
            "ended"
        };
        let columns = [
            (
                "added",
                moves.added.iter().map(|name| identifier(name)).collect(),
            ),
            (
                "renamed",
                moves
                    .renamed
                    .iter()
                    .map(|(a, b)| format!("{} to {}", identifier(a), identifier(b)))
                    .collect(),
            ),
            (
                "converted",
                moves
                    .converted
                    .iter()
                    .map(|c| format!("{} from {} to {}", identifier(&c.name), c.from, c.to))
                    .collect(),
            ),
            (lost, self.ended(&moves)),
            ("resumed", self.resumed(&moves)),
        ];
        for (verb, names) in columns {
            let names: Vec<String> = names;
            if !names.is_empty() {
                parts.push(format!("{verb} {}", names.join(", ")));
            }
        }
        let retyped: Vec<String> = self
            .retyped()
            .filter(|column| !column.recording.stores_value())
            .map(|column| identifier(&column.name))
            .collect();
        if !retyped.is_empty() {
            parts.push(format!("another type of {}", retyped.join(", ")));
        }
        for setting in &new.settings {
            let before = old.settings.iter().find(|s| s.name == setting.name);
            if before.is_some_and(|before| before.required != setting.required) {
                let now = if setting.required {
                    "required"
                } else {
                    "optional"
                };
                parts.push(format!("session setting {} {now}", setting.name));
            }
        }
        if old.operations != new.operations {
            parts.push("other operations".to_owned());
        }
        if old.context != new.context {
            parts.push(match new.context {
                ContextScope::Any => "contexts of any scope".to_owned(),
                ContextScope::Transaction => "contexts of the transaction only".to_owned(),
            });
        }
        if old.unaudited != new.unaudited {
            parts.push(match new.unaudited {
                Unaudited::Allow => "writes without a context allowed".to_owned(),
                Unaudited::Forbid => "writes without a context forbidden".to_owned(),
            });
        }
        if old.max_value_bytes != new.max_value_bytes {
            parts.push(format!("values of {} bytes at most", new.max_value_bytes));
        }
        if old.append_only != new.append_only {
            parts.push(match new.append_only {
                true => "append-only".to_owned(),
                false => "not append-only".to_owned(),
            });
        }
        if old.skip_unchanged != new.skip_unchanged {
            parts.push(match new.skip_unchanged {
                true => "unchanged rows skipped".to_owned(),
                false => "unchanged rows recorded".to_owned(),
            });
        }
        if old.when != new.when {
            parts.push(match (&old.when, &new.when) {
                (None, _) => "a condition".to_owned(),
                (Some(_), Some(_)) => "another condition".to_owned(),
                (Some(_), None) => "no condition".to_owned(),
            });
        }
        if old.seals != new.seals {
            parts.push(match new.seals {
                true => "sealed".to_owned(),
                false => "not sealed".to_owned(),
            });
        }
        if self.renamed_key() != new.primary_key {
            parts.push("another key".to_owned());
        }
        format!(
            "Change of the audit of {}: {}.",
            new.source,
            parts.join("; ")
        )
    }

    /// Columns that are written no more.
    fn ended(&self, moves: &Moves) -> Vec<String> {
        let removed = moves.removed.iter().map(|removed| &removed.name);
        let retired = written(&self.old.table)
            .map(|(name, _)| name)
            .filter(|name| !written(&self.new.table).any(|(new, _)| new == *name))
            .filter(|name| self.renamed(name) == name)
            .filter(|name| !moves.removed.iter().any(|removed| removed.name == *name));
        removed
            .map(|name| identifier(name))
            .chain(retired.map(|name| identifier(&name)))
            .collect()
    }

    /// Columns that are there and are written again.
    fn resumed(&self, moves: &Moves) -> Vec<String> {
        let new = written(&self.new.table).map(|(name, _)| name);
        new.filter(|name| self.old.retired.iter().any(|retired| retired.name == *name))
            .filter(|name| !moves.added.contains(name))
            .filter(|name| !self.renamed.iter().any(|(_, to)| to == name))
            .map(|name| identifier(&name))
            .collect()
    }
}
