//! A change of one audited table.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::columns::{Moves, becomes};
use super::{Installed, written};
use diesel_audit_model::names;
use diesel_audit_model::policy::Policy;
use diesel_audit_model::table::{AuditedTable, Column, Recording, Setting};
use diesel_audit_model::types::{PgType, widens};

/// How the audit of a table changes, from one state to the next.
///
/// What is to be done follows from the two states, so that the way back is the
/// same with the states exchanged. Only what they do not tell stands beside
/// them: which columns are one column under two names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is installed before.
    pub old: Installed,
    /// What is installed after.
    pub new: Installed,
    /// Columns of the audit table that get another name: before, after.
    pub(crate) renamed: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// What older rows hold in the columns that a setting brings along.
    pub(crate) defaults: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// Whether columns that are in the old state only go with all they hold.
    pub(crate) drop_history: bool,
}

impl Change {
    /// The change that undoes this one. It never drops what was recorded.
    pub fn inverse(self) -> Change {
        Change {
            old: self.new,
            new: self.old,
            renamed: self.renamed.into_iter().map(|(a, b)| (b, a)).collect(),
            defaults: self.defaults,
            drop_history: false,
        }
    }

    /// The columns of the audit table that keep the values of columns which are
    /// redacted or hashed from now on.
    pub fn kept_values(&self) -> impl Iterator<Item = &str> {
        let before = self.old.table.recorded_columns();
        let before: Vec<&str> = before
            .filter(|column| column.recording.stores_value())
            .map(|column| &*column.name)
            .collect();
        let now = self.new.table.recorded_columns();
        now.filter(|column| matches!(column.recording, Recording::Redact | Recording::Hash))
            .map(|column| &*column.name)
            .filter(move |name| before.contains(name))
            .filter(|name| self.new.retired.iter().any(|retired| retired.name == *name))
    }

    /// The columns that are stored by their change from now on, and of which
    /// nothing was stored until now.
    pub(crate) fn begun_values(&self) -> impl Iterator<Item = &str> {
        let before = self.old.table.recorded_columns();
        let before: Vec<&str> = before
            .filter(|column| column.recording.stores_value())
            .map(|column| self.renamed(&column.name))
            .collect();
        stored_by_change(&self.new.table).filter(move |name| !before.contains(name))
    }

    /// The columns of the source that the trigger function reads, under the name
    /// and not the type of before. A session that has prepared its plans for the
    /// old type would refuse every write until the function is there anew, even if
    /// with the same text.
    pub(crate) fn retyped(&self) -> impl Iterator<Item = &Column> {
        let (old, new) = (&self.old.table, &self.new.table);
        new.columns.iter().filter(|column| {
            let before = old.columns.iter().find(|old| old.name == column.name);
            let is_read = column.recording != Recording::Excluded || new.policy.when.is_some();
            is_read && before.is_some_and(|before| before.sql_type != column.sql_type)
        })
    }

    /// What happens to the columns of the audit table.
    pub(crate) fn moves(&self) -> Moves {
        Moves::of(self)
    }

    /// Whether a column of the one type becomes one of the other in place.
    pub(crate) fn becomes(&self, from: &PgType, to: &PgType) -> bool {
        becomes(
            from,
            to,
            self.old.table.policy.seals || self.new.table.policy.seals,
        )
    }

    /// Whether the source table has another name.
    pub(crate) fn moves_source(&self) -> bool {
        self.old.table.source != self.new.table.source
    }

    /// Whether the index on the key has to be made anew.
    pub(crate) fn moves_key(&self, moves: &Moves) -> bool {
        let touched = moves
            .added
            .iter()
            .chain(moves.removed.iter().map(|removed| &removed.name));
        self.renamed_key() != self.new.table.primary_key
            || moves.converted.iter().any(|converted| {
                !widens(&converted.from, &converted.to)
                    && self.new.table.primary_key.contains(&converted.name)
            })
            || touched
                .into_iter()
                .any(|name| self.new.table.primary_key.contains(name))
    }

    /// The old key under its new names.
    pub(super) fn renamed_key(&self) -> Vec<&str> {
        let key = self.old.table.primary_key.iter();
        key.map(|key| self.renamed(key)).collect()
    }

    pub(super) fn renamed<'a>(&'a self, name: &'a str) -> &'a str {
        let found = self.renamed.iter().find(|(before, _)| before == name);
        found.map_or(name, |(_, after)| after)
    }

    /// The columns of the source that differ between the two states. The
    /// migration that changes them may come before this one or after it, so
    /// the source may have them in either form.
    pub(crate) fn concerned(&self) -> BTreeSet<&str> {
        let of = |table: &'_ AuditedTable| -> Vec<(String, Option<String>)> {
            let listed = table.columns.iter().map(|column: &Column| {
                let is_recorded = column.recording != Recording::Excluded;
                let recorded = is_recorded.then(|| column.sql_type.to_string());
                (column.name.to_string(), recorded)
            });
            let unlisted = table.unlisted.iter().map(|name| (name.to_string(), None));
            listed.chain(unlisted).collect()
        };
        let (old, new) = (of(&self.old.table), of(&self.new.table));
        let all = [&self.old.table, &self.new.table];
        let names = all.iter().flat_map(|table| {
            let listed = table.columns.iter().map(|column| &*column.name);
            listed.chain(table.unlisted.iter().map(|name| &**name))
        });
        names
            .filter(|name| {
                let find = |columns: &[(String, Option<String>)]| {
                    columns.iter().find(|(n, _)| n == name).cloned()
                };
                find(&old) != find(&new)
            })
            .collect()
    }

    /// Whether the trigger functions have other names.
    pub(crate) fn moves_function(&self) -> bool {
        let (old, new) = (&self.old.table, &self.new.table);
        (&old.audit.schema, &old.function) != (&new.audit.schema, &new.function)
    }

    /// Whether anything that PostgreSQL has would differ.
    pub(crate) fn is_nothing(&self) -> bool {
        let (old, new) = (&self.old.table, &self.new.table);
        let columns = |table: &AuditedTable| -> BTreeSet<(String, String)> {
            written(table)
                .map(|(name, sql_type)| (name.into_owned(), sql_type.to_string()))
                .collect()
        };
        let settings = |table: &AuditedTable| -> BTreeSet<(String, bool, bool)> {
            let settings = table.settings.iter();
            settings
                .map(|setting| {
                    let Setting {
                        name,
                        // Its column has it.
                        sql_type: _,
                        required,
                        index,
                    } = setting;
                    (names::setting_column(name), *required, *index)
                })
                .collect()
        };
        let same_names = old.source == new.source
            && old.audit == new.audit
            && old.function == new.function
            && old.trigger == new.trigger;
        same_names
            && in_force(old) == in_force(new)
            && old.primary_key == new.primary_key
            && settings(old) == settings(new)
            && columns(old) == columns(new)
            && self.retyped().next().is_none()
            && self.old.retired == self.new.retired
    }
}

/// The switches, without one that is about nothing.
fn in_force(table: &AuditedTable) -> Policy {
    let mut policy = table.policy.clone();
    if table.settings.is_empty() {
        policy.max_value_bytes = Policy::DEFAULT.max_value_bytes;
    }
    policy
}

/// The columns that are stored by their change.
pub(crate) fn stored_by_change(table: &AuditedTable) -> impl Iterator<Item = &str> {
    let columns = table.recorded_columns();
    let columns = columns.filter(|column| column.recording == Recording::OnChange);
    columns.map(|column| &*column.name)
}
