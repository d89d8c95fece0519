//! Tables that several models read.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use diesel_audit_model::QualifiedName;
use diesel_audit_sql::Declared;

use super::Resolved;
use super::joined::Renamed;
use crate::fault::Fault;

/// Several structs may read one table, if they say the same of it. What one of
/// them knows of its past holds for all.
///
/// # Errors
/// Structs that want a table audited in two ways, with both places.
pub(crate) fn one_for_each_table(models: &[Resolved]) -> Result<Vec<Declared>, Vec<Fault>> {
    let mut by_source: BTreeMap<&QualifiedName, (&Resolved, Declared)> = BTreeMap::new();
    let mut faults = Vec::new();
    for model in models {
        match by_source.entry(&model.declared.table.source) {
            Entry::Vacant(free) => {
                free.insert((model, model.declared.clone()));
            }
            Entry::Occupied(taken) => {
                let (first, declared) = taken.into_mut();
                if declared.table == model.declared.table {
                    add_past(declared, &model.declared);
                } else {
                    faults.push(differ(first, model));
                }
            }
        }
    }
    if faults.is_empty() {
        Ok(by_source
            .into_values()
            .map(|(_, declared)| declared)
            .collect())
    } else {
        Err(faults)
    }
}

fn add_past(declared: &mut Declared, other: &Declared) {
    if declared.renamed_from.is_none() {
        declared.renamed_from.clone_from(&other.renamed_from);
    }
    let known = |list: &[Renamed], new: &Renamed| list.iter().any(|(name, _)| *name == new.0);
    for renamed in &other.renamed_columns {
        if !known(&declared.renamed_columns, renamed) {
            declared.renamed_columns.push(renamed.clone());
        }
    }
    for default in &other.defaults {
        if !known(&declared.defaults, default) {
            declared.defaults.push(default.clone());
        }
    }
}

fn differ(first: &Resolved, second: &Resolved) -> Fault {
    Fault::new(format!(
        "`{}` and `{}` ({}) want {} audited in two ways",
        second.name, first.name, first.place, second.declared.table.source
    ))
    .at(&second.place)
    .help("give both structs the same `#[audit(..)]`, or derive `Audited` for one of them only")
}
