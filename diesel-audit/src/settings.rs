//! What a scope makes of the settings of its connection.

use diesel_audit_sql::context::{self as sql, Piece, Value};

use crate::AuditContext;
use crate::context::{Kind, known};

/// What the context makes of every setting that this process knows. A customizer's
/// constant is put back, since an outer scope may have given it another value.
pub(crate) fn settings(context: &AuditContext) -> Vec<(&'static str, Value<'_>)> {
    known()
        .iter()
        .map(|&(name, kind)| match (context.get(name), kind) {
            (Some(value), _) => (name, Value::Text(value)),
            (None, Kind::Changing) => (name, Value::Text("")),
            (None, Kind::Constant) => (name, Value::Constant),
        })
        .collect()
}

/// The context around a scope that is a savepoint.
pub(crate) struct Outer {
    settings: Vec<(&'static str, String)>,
    marker: String,
}

impl Outer {
    /// What [`sql::replace_in_transaction`] has answered for these settings.
    pub(crate) fn read(settings: &[(&'static str, Value<'_>)], mut values: Vec<String>) -> Outer {
        let marker = values.pop().unwrap_or_default();
        let names = settings.iter().map(|&(name, _)| name);
        Outer {
            settings: names.zip(values).collect(),
            marker,
        }
    }

    /// The statement that puts it back.
    pub(crate) fn restore(&self) -> Vec<Piece<'_>> {
        let before = |name| self.settings.iter().find(|&&(other, _)| other == name);
        // A setting that became known since was absent when the scope began.
        let settings: Vec<(&str, Value<'_>)> = known()
            .iter()
            .map(|&(name, _)| (name, Value::Text(before(name).map_or("", |(_, v)| v))))
            .collect();
        sql::restore_in_transaction(&settings, &self.marker)
    }
}
