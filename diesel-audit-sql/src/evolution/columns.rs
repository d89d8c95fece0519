//! What a change does to the columns of the audit table.

use std::borrow::Cow;

use super::{Change, written};
use diesel_audit_model::names;
use diesel_audit_model::types::{PgType, widens};

/// The columns of the audit table that do not stay as they are, in the order
/// in which they are dealt with.
pub(crate) struct Moves {
    /// In the old state only.
    pub(crate) removed: Vec<Removed>,
    /// Under another name in the new state: before, after.
    pub(crate) renamed: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// Under its new name, what was put aside on an earlier way back.
    pub(crate) returned: Vec<(String, Cow<'static, str>)>,
    /// Of another type in the new state.
    pub(crate) converted: Vec<Converted>,
    /// In the new state only.
    pub(crate) added: Vec<Cow<'static, str>>,
}

/// A column that the new state does not have.
pub(crate) struct Removed {
    pub(crate) name: Cow<'static, str>,
    /// Its name if it has to make room and holds something.
    pub(crate) aside: Option<String>,
}

/// A column that gets another type in place. The name is the new one.
pub(crate) struct Converted {
    pub(crate) name: Cow<'static, str>,
    pub(crate) from: PgType,
    pub(crate) to: PgType,
}

impl Moves {
    pub(super) fn of(change: &Change) -> Moves {
        let mut moves = Moves {
            removed: Vec::new(),
            renamed: change.renamed.clone(),
            returned: Vec::new(),
            converted: Vec::new(),
            added: Vec::new(),
        };
        let mut stays: Vec<Cow<'static, str>> = Vec::new();
        for (name, sql_type) in change.old.audit_columns() {
            let renamed = change.renamed.iter().find(|(before, _)| *before == name);
            let after = renamed.map_or(&name, |(_, after)| after);
            let new = change.new.audit_columns().find(|(n, _)| n == after);
            let gives_way = renamed.is_none() && change.renamed.iter().any(|(_, to)| *to == name);
            match new {
                Some((_, to)) if !gives_way && change.becomes(&sql_type, &to) => {
                    if to != sql_type {
                        moves.converted.push(Converted {
                            name: after.clone(),
                            from: sql_type,
                            to,
                        });
                    }
                    stays.push(after.clone());
                }
                new => moves.removed.push(Removed {
                    aside: new.is_some().then(|| names::aside(&name, &sql_type)),
                    name,
                }),
            }
        }
        for (name, sql_type) in written(&change.new.table) {
            if stays.contains(&name) {
                continue;
            }
            if change.old.audit_columns().any(|(old, _)| old == name) {
                moves
                    .returned
                    .push((names::aside(&name, &sql_type), name.clone()));
            }
            moves.added.push(name);
        }
        moves
    }

    /// Whether nothing happens to them.
    pub(crate) fn is_empty(&self) -> bool {
        self.removed.is_empty()
            && self.renamed.is_empty()
            && self.converted.is_empty()
            && self.added.is_empty()
    }
}

/// Whether a column of the one type can become one of the other in place, and
/// lose nothing or be refused. Under seals the text stays the same, too: a wider
/// float has more digits.
pub(super) fn becomes(from: &PgType, to: &PgType, sealed: bool) -> bool {
    let is_float = |sql_type: &PgType| *sql_type == PgType::builtin("float4");
    let same_text = !is_float(from) && !is_float(to);
    from == to || (widens(from, to) || widens(to, from)) && (same_text || !sealed)
}
