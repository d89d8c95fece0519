//! The rules for what is recorded, and of which column; each function is one rule.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

use super::message::error;
use super::model::{Field, Model};
use diesel_audit_model::names::{changed_column, hash_column, setting_column};
use diesel_audit_model::policy::Conflict;
use diesel_audit_model::table::Recording;

/// Checks the switches, and the words on the fields beside them.
pub(super) fn check(model: &Model, errors: &mut Vec<syn::Error>) {
    switches_agree(model, errors);
    marks_are_free(model, errors);
}

/// The word and its place, of the fields that are recorded so.
fn words(
    model: &Model,
    recording: Recording,
) -> impl Iterator<Item = (&'static str, Span, &Field)> {
    let fields = model.recorded_as(recording);
    fields.filter_map(move |field| Some((recording.word()?, field.recording.at?, field)))
}

/// The rules are the model's, for every reader; the places are the words'.
fn switches_agree(model: &Model, errors: &mut Vec<syn::Error>) {
    for (switch, Conflict { message, help }) in model.switches.contradictions() {
        let at = model
            .places
            .of(switch)
            .unwrap_or_else(|| model.ident.span());
        errors.push(error(at, message, help));
    }
    for recording in Recording::WORDS {
        for (_, at, _) in words(model, recording) {
            for Conflict { message, help } in model.switches.conflicts(recording) {
                errors.push(error(at, message, help));
            }
        }
    }
}

/// What is recorded instead of a value has a column too.
fn marks_are_free(model: &Model, errors: &mut Vec<syn::Error>) {
    let marks = Recording::WORDS
        .into_iter()
        .flat_map(|recording| words(model, recording));
    for (_, at, field) in marks {
        let mark = match field.recording.recording {
            Recording::Hash => hash_column,
            _ => changed_column,
        };
        let (of_postgres, of_table) = (
            mark(&field.sql_name),
            mark(&field.column.unraw().to_string()),
        );
        let is_mark = |name: &str| name == of_postgres || name == of_table;
        let is = |ident: &Ident| is_mark(&ident.unraw().to_string());
        let mut fields = model.fields.iter();
        let mut settings = model.settings.iter();
        let owner = fields
            .find(|other| is_mark(&other.sql_name) || is(&other.column) || is(&other.ident))
            .map(|other| format!("the field `{}`", other.ident.unraw()))
            .or_else(|| {
                settings
                    .find(|setting| is_mark(&setting_column(&setting.name.unraw().to_string())))
                    .map(|setting| format!("the session setting `{}`", setting.name.unraw()))
            });
        if let Some(owner) = owner {
            errors.push(error(
                at,
                format!(
                    "the column `{of_postgres}`, which this is recorded in, is that of {owner}"
                ),
                "rename one of the two, or remove the word",
            ));
        }
    }
}
