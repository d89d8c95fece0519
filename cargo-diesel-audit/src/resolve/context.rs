//! The session settings of a model that names its context's type.

use std::collections::BTreeSet;

use diesel_audit_parse::Setting;
use quote::ToTokens;
use syn::Path;
use syn::ext::IdentExt;

use super::table::said;
use crate::discover::{Found, FoundContext, FoundModel, Sources};
use crate::fault::{Fault, Place};
use crate::sql_type::SqlTypes;

/// The model with the settings that it takes. Those of its own stay, and have
/// to be among the context's, as far as that is known: the compiler compares
/// with the contexts of other crates.
///
/// # Errors
/// When there are none to take, or the two disagree.
pub(super) fn completed(
    types: &SqlTypes<'_>,
    found: &FoundModel,
) -> Result<FoundModel, Vec<Fault>> {
    let Some(path) = &found.model.context_type else {
        return Ok(found.clone());
    };
    let context = match types.sources.resolve(found.module, path) {
        Some(Found::Context(id)) => Some(types.sources.context(id)),
        _ => None,
    };
    if found.model.takes_settings().is_some() {
        let model = found.model.clone();
        let settings = taken(types.sources, found, path, context)?;
        return match model.with_settings(settings) {
            Ok(model) => Ok(FoundModel {
                model,
                ..found.clone()
            }),
            Err(error) => Err(Fault::of_syn(&found.place.file, error)),
        };
    }
    let faults: Vec<Fault> = context
        .into_iter()
        .flat_map(|context| disagreements(types, found, path, context))
        .collect();
    if faults.is_empty() {
        Ok(found.clone())
    } else {
        Err(faults)
    }
}

/// What models and contexts of the package say differently of a setting of one
/// name, where the model does not say which context it is written with.
pub(crate) fn warnings(types: &SqlTypes<'_>) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let models = types.sources.models.iter();
    let mut warnings = Vec::new();
    for found in models.filter(|found| found.model.context_type.is_none()) {
        for context in types.sources.own_contexts() {
            // A file may belong to two targets.
            if seen.insert((&found.place, &context.place)) {
                warnings.extend(differences(types, found, context));
            }
        }
    }
    warnings
}

fn taken(
    sources: &Sources,
    found: &FoundModel,
    path: &Path,
    context: Option<&FoundContext>,
) -> Result<Vec<Setting>, Vec<Fault>> {
    let place = place(found, path);
    let shown = shown(path);
    let Some(context) = context else {
        let fault = Fault::new(format!(
            "no `#[derive(AuditContext)]` was found for `{shown}`"
        ))
        .at(&place)
        .help(
            "write the path that leads to the struct from here, \
                 or `session_settings(..)` beside `context_type`",
        );
        return Err(vec![fault.not_found()]);
    };
    if !sources.are_of_one_crate(found.module, context.module) {
        let fault = Fault::new(format!(
            "`{shown}` is in another crate, and a model takes its session settings from its own"
        ))
        .at(&place)
        .help("write `session_settings(..)` beside `context_type`, which is compared with it");
        return Err(vec![fault]);
    }
    if context.faults.is_empty() {
        Ok(context.settings.clone())
    } else {
        Err(context.faults.clone())
    }
}

/// What the compiler would refuse about the settings.
fn disagreements(
    types: &SqlTypes<'_>,
    found: &FoundModel,
    path: &Path,
    context: &FoundContext,
) -> Vec<Fault> {
    let shown = shown(path);
    let mut faults = Vec::new();
    for setting in &found.model.settings {
        let name = setting.name.unraw().to_string();
        let fault = match compared(types, found, setting, context) {
            Compared::Agree => continue,
            Compared::Lacking => Fault::new(format!(
                "`{shown}` has no field for the session setting `{name}`"
            )),
            Compared::OtherType(_) => Fault::new(format!(
                "`{shown}` gives the session setting `{name}` another SQL type"
            )),
            Compared::Optional => Fault::new(format!(
                "`{shown}` may lack the session setting `{name}`, since its field is an `Option`"
            ))
            .help("write `Nullable<..>` around the type of the setting"),
        };
        faults.push(fault.at(&Place::of(&found.place.file, setting.name.span())));
    }
    faults
}

fn differences(types: &SqlTypes<'_>, found: &FoundModel, context: &FoundContext) -> Vec<Fault> {
    let FoundContext {
        name: by, place, ..
    } = context;
    let model = found.model.ident.unraw();
    let mut warnings = Vec::new();
    for setting in &found.model.settings {
        let name = setting.name.unraw().to_string();
        let message = match compared(types, found, setting, context) {
            Compared::Agree | Compared::Lacking => continue,
            Compared::OtherType(of_context) => format!(
                "the session setting `{name}` is `{}` for `{model}`, and `{of_context}` by `{by}` ({place})",
                said(&setting.sql_type)
            ),
            Compared::Optional => format!(
                "`{model}` requires the session setting `{name}`, which `{by}` ({place}) may lack"
            ),
        };
        let warning = Fault::new(message)
            .at(&Place::of(&found.place.file, setting.name.span()))
            .help(format!(
                "let both say the same, or let `{model}` say which context it is written with: \
                 `#[audit(context_type = ..)]`"
            ));
        warnings.push(warning);
    }
    warnings
}

/// How a setting of a model is to the one of that name of a context.
enum Compared {
    Agree,
    Lacking,
    /// The one of the context is this.
    OtherType(String),
    /// Only the context's may be absent.
    Optional,
}

fn compared(
    types: &SqlTypes<'_>,
    found: &FoundModel,
    setting: &Setting,
    context: &FoundContext,
) -> Compared {
    let other = context
        .settings
        .iter()
        .find(|other| other.name.unraw() == setting.name.unraw());
    let Some(other) = other else {
        return Compared::Lacking;
    };
    let of_model = types.of_field(found.module, &setting.sql_type);
    let of_context = types.of_field(context.module, &other.sql_type);
    match (of_model, of_context) {
        (Ok(of_model), Ok(of_context)) if of_model != of_context => {
            Compared::OtherType(said(&other.sql_type))
        }
        _ if setting.required && !other.required => Compared::Optional,
        // A type that is not found is a fault of its own.
        _ => Compared::Agree,
    }
}

fn place(found: &FoundModel, path: &Path) -> Place {
    let first = path.segments.first();
    let span = first.map_or_else(|| found.model.ident.span(), |first| first.ident.span());
    Place::of(&found.place.file, span)
}

fn shown(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
