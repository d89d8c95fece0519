//! A change in words.

use super::columns::Moves;
use super::{Change, written};
use diesel_audit_model::policy::{ContextScope, Policy, Unaudited};
use diesel_audit_model::quote::identifier;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

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
            let Some(before) = before else {
                if setting.index {
                    parts.push(format!("index on session setting {}", setting.name));
                }
                continue;
            };
            if before.required != setting.required {
                let now = if setting.required {
                    "required"
                } else {
                    "optional"
                };
                parts.push(format!("session setting {} {now}", setting.name));
            }
            if before.index != setting.index {
                let now = if setting.index { "index" } else { "no index" };
                parts.push(format!("{now} on session setting {}", setting.name));
            }
        }
        parts.extend(switches(&old.policy, &new.policy));
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

/// The switches that are other ones now.
fn switches(old: &Policy, new: &Policy) -> Vec<String> {
    let Policy {
        operations,
        context,
        unaudited,
        max_value_bytes,
        append_only,
        skip_unchanged,
        when,
        // Its columns are named.
        record: _,
        seals,
    } = new;
    let either = |on: bool, yes: &str, no: &str| if on { yes } else { no }.to_owned();
    let said = [
        (old.operations != *operations).then(|| "other operations".to_owned()),
        (old.context != *context).then(|| {
            let is_any = *context == ContextScope::Any;
            either(
                is_any,
                "contexts of any scope",
                "contexts of the transaction only",
            )
        }),
        (old.unaudited != *unaudited).then(|| {
            let allows = *unaudited == Unaudited::Allow;
            let now = either(allows, "allowed", "forbidden");
            format!("writes without a context {now}")
        }),
        (old.max_value_bytes != *max_value_bytes)
            .then(|| format!("values of {max_value_bytes} bytes at most")),
        (old.append_only != *append_only)
            .then(|| either(*append_only, "append-only", "not append-only")),
        (old.skip_unchanged != *skip_unchanged).then(|| {
            format!(
                "unchanged rows {}",
                either(*skip_unchanged, "skipped", "recorded")
            )
        }),
        (old.when != *when).then(|| {
            let now = match (&old.when, when) {
                (None, _) => "a condition",
                (Some(_), Some(_)) => "another condition",
                (Some(_), None) => "no condition",
            };
            now.to_owned()
        }),
        (old.seals != *seals).then(|| either(*seals, "sealed", "not sealed")),
    ];
    said.into_iter().flatten().collect()
}
