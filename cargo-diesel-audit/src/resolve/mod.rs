//! A model and its `table!` together: what is to be audited.
//!
//! The compiled derive comes to the same value, by
//! `diesel_audit::private::describe`; what it refuses is refused here with the
//! same words.

mod context;
mod joined;
mod shared;
mod table;

use std::collections::BTreeSet;

use diesel_audit_model::names::Conventions;
use diesel_audit_sql::Declared;
use syn::ext::IdentExt;

pub(crate) use context::warnings;
pub(crate) use shared::one_for_each_table;

use self::joined::Joined;
use crate::discover::{FoundModel, Sources};
use crate::fault::{Fault, Place};
use crate::settings::Settings;
use crate::sql_type::SqlTypes;

/// A model with the table that it declares.
pub(crate) struct Resolved {
    /// The struct's path in its crate.
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) declared: Declared,
}

/// All models of a package, or only those that are called `asked`, where there
/// are any.
///
/// # Errors
/// Everything that is wrong with any of them.
pub(crate) fn resolve(
    sources: &Sources,
    settings: &Settings,
    conventions: &Conventions,
    asked: Option<&str>,
) -> Result<Vec<Resolved>, Vec<Fault>> {
    let mut resolved: Vec<Resolved> = Vec::new();
    let is_asked = |found: &FoundModel| {
        let name = found.model.ident.unraw().to_string();
        asked.is_some_and(|asked| is_called(&name, &found.path, asked))
    };
    // What is wrong elsewhere does not matter to a model that is there.
    let only_asked = sources.models.iter().any(is_asked);
    let mut faults = match only_asked {
        true => Vec::new(),
        false => sources.faults.clone(),
    };
    let mut seen = BTreeSet::new();
    let types = SqlTypes {
        sources,
        by_hand: &settings.types,
    };
    for found in &sources.models {
        // A file may belong to two targets.
        if (only_asked && !is_asked(found)) || !seen.insert(&found.place) {
            continue;
        }
        faults.extend(found.faults.iter().cloned());
        let found = match context::completed(&types, found) {
            Ok(found) => found,
            Err(more) => {
                faults.extend(more);
                continue;
            }
        };
        let table = match table::of(&types, settings, &found) {
            Ok(table) => table,
            Err(more) => {
                faults.extend(more);
                continue;
            }
        };
        let joined = Joined {
            types: &types,
            found: &found,
            table,
        };
        match joined.declared(conventions) {
            Ok(declared) => resolved.push(Resolved {
                path: found.path.clone(),
                name: found.model.ident.unraw().to_string(),
                place: found.place.clone(),
                declared,
            }),
            Err(more) => faults.extend(more),
        }
    }
    if faults.iter().any(|fault| fault.not_found) {
        // It may be in there.
        faults.extend(sources.unreadable.iter().chain(&sources.faults).cloned());
    }
    if faults.is_empty() {
        Ok(resolved)
    } else {
        Err(faults)
    }
}

/// Whether a model is asked for by the name of its struct, or by its path.
pub(crate) fn is_called(name: &str, path: &str, asked: &str) -> bool {
    let asked = asked.strip_prefix("crate::").unwrap_or(asked);
    name == asked || path == asked
}
