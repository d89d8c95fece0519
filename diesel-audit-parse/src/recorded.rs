//! The rules for what is recorded of a column; each function is one rule.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

use super::message::error;
use super::model::{Field, Model};
use diesel_audit_model::names::{changed_column, hash_column, setting_column};
use diesel_audit_model::table::{Recording, SessionFact};

/// Checks the words on the fields beside those on the struct.
pub(super) fn check(model: &Model, errors: &mut Vec<syn::Error>) {
    every_change_is_seen(model, errors);
    the_statement_is_not_recorded(model, errors);
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

/// A value that is not stored again is that of an earlier row, so no change of it
/// may be left out.
fn every_change_is_seen(model: &Model, errors: &mut Vec<syn::Error>) {
    for (word, at, _) in words(model, Recording::OnChange) {
        if model.when.is_some() {
            errors.push(error(
                at,
                format!("a column cannot be `{word}` beside `when`: a change that the condition leaves out may be the one of its value"),
                "remove `on_change`, or `when`",
            ));
        }
        let o = model.operations;
        for (missing, operation) in [(!o.insert, "insert"), (!o.update, "update")] {
            if missing {
                errors.push(error(
                    at,
                    format!("a column cannot be `{word}` without the operation `{operation}`: its value may come or change by one"),
                    format!("add `{operation}` to `operations(..)`, or remove `on_change`"),
                ));
            }
        }
    }
}

/// The text of a statement may hold the value.
fn the_statement_is_not_recorded(model: &Model, errors: &mut Vec<syn::Error>) {
    if !model.record().any(|fact| fact == SessionFact::Query) {
        return;
    }
    for recording in [Recording::Redact, Recording::Hash] {
        for (word, at, _) in words(model, recording) {
            errors.push(error(
                at,
                format!("a column cannot be `{word}` beside `record(query)`: the text of a statement may hold its value"),
                format!("remove `query` from `record(..)`, or `{word}`"),
            ));
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
