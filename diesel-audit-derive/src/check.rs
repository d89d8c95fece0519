//! What a model needs beside its own rules: the conventions of its crate, and
//! room in Diesel's `table!`.

use diesel_audit_model::Policy;
use diesel_audit_model::names::{AUDIT_COLUMNS, Conventions};
use diesel_audit_parse::{self as parse, AuditNames, Model, Setting};
use proc_macro2::Span;
use syn::DeriveInput;

use crate::manifest::Manifest;

/// A model without errors, ready to be expanded.
pub(crate) struct Checked {
    pub(crate) model: Model,
    pub(crate) names: AuditNames,
    pub(crate) policy: Policy,
}

/// `taken` are the session settings of the type that the model names, if they
/// have been taken already.
pub(crate) fn check(
    input: &DeriveInput,
    taken: Option<Vec<Setting>>,
    manifest: &Manifest,
) -> Result<Checked, syn::Error> {
    let conventions = conventions(manifest);
    let model = parse::model(input)
        .and_then(|model| match taken {
            Some(settings) => model.with_settings(settings),
            None => Ok(model),
        })
        .and_then(|model| match too_wide(&model) {
            Some(error) => Err(error),
            None => Ok(model),
        });
    match (model, conventions) {
        (Ok(model), Ok(conventions)) => {
            model.settings_fit(&conventions)?;
            Ok(Checked {
                names: parse::audit_names(&model, &conventions),
                policy: model.policy(&conventions),
                model,
            })
        }
        (Err(mut error), Err(more)) => {
            error.combine(more);
            Err(error)
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

fn conventions(manifest: &Manifest) -> Result<Conventions, syn::Error> {
    let Some(text) = &manifest.0 else {
        return Ok(Conventions::default());
    };
    parse::conventions(text)
        .map(Option::unwrap_or_default)
        .map_err(|problems| {
            problems
                .iter()
                .map(|problem| syn::Error::new(Span::call_site(), problem))
                .reduce(|mut all, error| {
                    all.combine(error);
                    all
                })
                .unwrap_or_else(|| syn::Error::new(Span::call_site(), "no conventions"))
        })
}

/// How many columns a `table!` may have.
const LIMIT: usize = if cfg!(feature = "128-column-tables") {
    128
} else if cfg!(feature = "64-column-tables") {
    64
} else if cfg!(feature = "32-column-tables") {
    32
} else {
    16
};

fn too_wide(model: &Model) -> Option<syn::Error> {
    let own = AUDIT_COLUMNS.len() + model.record().len();
    let width = own + model.settings.len() + model.stored_columns();
    (width > LIMIT).then(|| {
        let help = match feature_for(width) {
            Some(feature) => format!("enable the feature `{feature}` of diesel-audit"),
            None => {
                "Diesel has no larger tables: derive `Audited` for a struct with fewer fields, \
                     the columns without a field are recorded all the same"
                    .to_owned()
            }
        };
        syn::Error::new(
            model.ident.span(),
            format!(
                "the audit table has {width} columns for Diesel, {LIMIT} are possible: \
                 {own} of its own, {} for session settings, {} for fields\nhelp: {help}",
                model.settings.len(),
                model.stored_columns(),
            ),
        )
    })
}

fn feature_for(width: usize) -> Option<&'static str> {
    [
        (32, "32-column-tables"),
        (64, "64-column-tables"),
        (128, "128-column-tables"),
    ]
    .into_iter()
    .find_map(|(columns, feature)| (width <= columns).then_some(feature))
}
