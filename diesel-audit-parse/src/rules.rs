//! The rules for a model as a whole; each function is one rule.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{LitStr, Type};

use super::demands::{ContextWord, UnauditedWord};
use super::diesel_types;
use super::message::error;
use super::model::{Field, Model, Setting};
use super::names::is_identifier;
use super::pg_types::pg_type;
use super::recorded;
use super::words::{Excluded, Name, StructWords};
use diesel_audit_model::check::MAX_COLUMNS;
use diesel_audit_model::names::{
    AUDIT_COLUMNS, ENDED, MAX_IDENTIFIER_BYTES, REPLACES, UNAUDITED, VERSION, setting_column,
    setting_name_problem,
};
use diesel_audit_model::policy::Conflict;
use diesel_audit_model::policy::Unaudited;
use diesel_audit_model::value::{VALUE_BYTES, index_problem as index_problem_of, value_problem};

/// Checks a model by every rule that concerns more than one token.
pub(super) fn check(model: &Model, errors: &mut Vec<syn::Error>) {
    settings(&model.settings, errors);
    settings_leave_facts_alone(model, errors);
    reasons_can_be_given(model, errors);
    fields_are_free(model, errors);
    fields_are_distinct(model, errors);
    exclusions_leave_the_key(model, errors);
    key_is_recorded_as_it_is(model, errors);
    recorded::check(model, errors);
    columns_fit(model, errors);
}

/// Checks session settings, wherever they are declared.
pub(super) fn settings(settings: &[Setting], errors: &mut Vec<syn::Error>) {
    settings_are_named_well(settings, errors);
    settings_have_possible_types(settings, errors);
    settings_are_free(settings, errors);
}

/// A setting's name becomes part of `audit.<name>`, which PostgreSQL folds.
fn settings_are_named_well(settings: &[Setting], errors: &mut Vec<syn::Error>) {
    let mut seen: Vec<String> = Vec::new();
    for setting in settings {
        let name = setting.name.unraw().to_string();
        let folded = name.to_lowercase();
        let span = setting.name.span();
        if let Some(first) = seen.iter().find(|seen| seen.to_lowercase() == folded) {
            errors.push(error(
                span,
                format!("`{first}` and `{name}` are one session setting to PostgreSQL"),
                "remove one of them, or give it a name that differs in more than upper and lower case",
            ));
        } else if let Some(problem) = setting_name_problem(&name) {
            errors.push(error(
                span,
                format!("`{name}` cannot be the name of a session setting: {problem}"),
                "write a name such as `username` or `request_id`",
            ));
        }
        seen.push(name);
    }
}

/// The runtime has a trait for the types that are possible, and it decides.
/// A type that it does not have gives an error in each place that is derived
/// from it, so those that can be told by their name are refused here.
fn settings_have_possible_types(settings: &[Setting], errors: &mut Vec<syn::Error>) {
    for setting in settings {
        let Some(name) = diesel_types::name(&setting.sql_type) else {
            continue;
        };
        if !diesel_types::SETTING_TYPES.contains(&&*name.to_string()) {
            errors.push(impossible_type(&setting.sql_type, &name.to_string()));
        }
    }
}

/// The setting has a value only where there is no context.
fn reasons_can_be_given(model: &Model, errors: &mut Vec<syn::Error>) {
    if model.switches.unaudited == Unaudited::Allow {
        return;
    }
    for setting in &model.settings {
        if setting.name.unraw() == UNAUDITED {
            errors.push(error(
                setting.name.span(),
                format!("the session setting `{UNAUDITED}` would never have a value: writes without a context are forbidden"),
                "remove the setting, or `unaudited = \"forbid\"`",
            ));
        }
    }
}

pub(super) fn impossible_type(sql_type: &Type, name: &str) -> syn::Error {
    syn::Error::new_spanned(
        sql_type,
        format!(
            "a session setting cannot have the SQL type `{name}`\n\
             help: write one of `Text`, `Bool`, `SmallInt`, `Integer`, `BigInt`, `Float`, `Double`, \
             `Timestamptz`, `Uuid`, `Json`, `Jsonb`, or `Nullable<..>` of it"
        ),
    )
}

/// A value that does not fit into an index would refuse the write.
pub(super) fn index_problem(setting: &Setting, max: usize) -> Option<syn::Error> {
    let name = diesel_types::name(&setting.sql_type)?.to_string();
    let Conflict { message, help } = index_problem_of(&pg_type(&name)?, max)?;
    Some(error(setting.index?, message, help))
}

/// The audit table holds its own columns beside the settings'.
fn settings_are_free(settings: &[Setting], errors: &mut Vec<syn::Error>) {
    for setting in settings {
        let column = setting_column(&setting.name.unraw().to_string());
        if is_own(&column) {
            errors.push(error(
                setting.name.span(),
                format!(
                    "the session setting `{}` would be stored as `{column}`, which is a column of every audit table",
                    setting.name
                ),
                "give the setting another name",
            ));
        }
    }
}

/// A setting and a fact of one name would share a column.
fn settings_leave_facts_alone(model: &Model, errors: &mut Vec<syn::Error>) {
    for setting in &model.settings {
        let column = setting_column(&setting.name.unraw().to_string());
        if let Some(fact) = model.record().iter().find(|fact| fact.column() == column) {
            let word = fact.word();
            errors.push(error(
                setting.name.span(),
                format!(
                    "the session setting `{}` would be stored as `{column}`, which is the column of `{word}` of `record(..)`",
                    setting.name
                ),
                format!("give the setting another name, or leave `{word}` out of `record(..)`"),
            ));
        }
    }
}

fn is_own(name: &str) -> bool {
    AUDIT_COLUMNS.contains(&name) || [REPLACES, VERSION, ENDED].contains(&name)
}

/// It holds its own columns and the settings' beside the model's.
fn fields_are_free(model: &Model, errors: &mut Vec<syn::Error>) {
    let of_setting = |name: &str| {
        let settings = model.settings.iter();
        settings
            .map(|setting| setting.name.unraw().to_string())
            .find(|setting| setting_column(setting) == name)
    };
    let of_fact = |name: &str| model.record().iter().find(|fact| fact.column() == name);
    for field in &model.fields {
        let names = [
            field.sql_name.clone(),
            field.column.unraw().to_string(),
            field.ident.unraw().to_string(),
        ];
        let owner = names.iter().find_map(|name| {
            if is_own(name) {
                Some("is a column of every audit table".to_owned())
            } else if let Some(fact) = of_fact(name) {
                Some(format!(
                    "is the column of `{}` of `record(..)`",
                    fact.word()
                ))
            } else {
                of_setting(name)
                    .map(|setting| format!("is the column of the session setting `{setting}`"))
            }
        });
        if let Some(owner) = owner {
            errors.push(error(
                field.ident.span(),
                format!(
                    "`{}` cannot be recorded under its name, which {owner}",
                    field.ident.unraw()
                ),
                "rename the column or the setting, or leave the column out with `#[audit(skip)]`",
            ));
        }
    }
}

/// `table!` cannot have a column twice.
fn fields_are_distinct(model: &Model, errors: &mut Vec<syn::Error>) {
    let mut seen = HashSet::new();
    for field in &model.fields {
        if !seen.insert(field.column.unraw().to_string()) {
            errors.push(error(
                field.ident.span(),
                format!("another field has the column `{}` too", field.column.unraw()),
                "give the field the name of its column by `#[diesel(column_name = ..)]`, or remove it",
            ));
        }
    }
}

/// Without its key a row has no history.
fn exclusions_leave_the_key(model: &Model, errors: &mut Vec<syn::Error>) {
    let mut seen = HashSet::new();
    for column in &model.excluded {
        if among(&model.primary_key, column) {
            errors.push(error(
                column.span(),
                format!(
                    "`{}` is part of the primary key and has to be recorded",
                    column.unraw()
                ),
                "record the column: without its key a row has no history",
            ));
        } else if !seen.insert(column.unraw().to_string()) {
            errors.push(error(
                column.span(),
                format!("the column `{}` is excluded twice", column.unraw()),
                "remove one of the two",
            ));
        }
    }
}

/// Of a column that is excluded, there is nothing to say how it is recorded.
pub(super) fn words_have_columns(
    excluded: &[Ident],
    fields: &[Field],
    errors: &mut Vec<syn::Error>,
) {
    for field in fields.iter().filter(|field| among(excluded, &field.column)) {
        if let (Some(at), Some(word)) = (field.recording.at, field.recording.recording.word()) {
            errors.push(error(
                at,
                format!(
                    "`{}` cannot be `{word}`: `exclude(..)` keeps it out of the audit table",
                    field.column.unraw()
                ),
                "remove the word, or the column from `exclude(..)`",
            ));
        }
    }
}

/// The history of a row is found by its key.
fn key_is_recorded_as_it_is(model: &Model, errors: &mut Vec<syn::Error>) {
    for field in &model.fields {
        if let Some(at) = field.recording.at
            && let Some(word) = field.recording.recording.word()
            && among(&model.primary_key, &field.column)
        {
            errors.push(error(
                at,
                format!(
                    "`{}` is part of the primary key and cannot be `{word}`: its value is what a history is found by",
                    field.column.unraw()
                ),
                "remove the word",
            ));
        }
    }
}

/// Whether the column is one of the columns; `r#` makes no difference.
pub(super) fn among(columns: &[Ident], column: &Ident) -> bool {
    columns.iter().any(|other| other.unraw() == column.unraw())
}

/// <https://www.postgresql.org/docs/current/limits.html>
fn columns_fit(model: &Model, errors: &mut Vec<syn::Error>) {
    let width =
        AUDIT_COLUMNS.len() + model.record().len() + model.settings.len() + model.stored_columns();
    if width > MAX_COLUMNS {
        errors.push(error(
            model.ident.span(),
            format!("the audit table would have {width} columns, PostgreSQL allows {MAX_COLUMNS}"),
            "leave columns out with `#[audit(skip)]`",
        ));
    }
}

/// Names that are given in quotes have to reach PostgreSQL whole.
pub(super) fn names(words: &StructWords, errors: &mut Vec<syn::Error>) {
    let names = [
        &words.table,
        &words.schema,
        &words.function,
        &words.trigger,
        &words.source_schema,
        &words.source_table,
        &words.renamed_from,
        &words.moved_from,
    ];
    errors.extend(names.into_iter().flatten().filter_map(name));
    for setting in &words.session_settings.0 {
        let default = setting.default.as_ref();
        errors.extend(default.and_then(|default| default_problem(default, *VALUE_BYTES.end())));
    }
    if let Some(ContextWord(_, word)) = &words.context
        && words.session_settings.0.is_empty()
        && !matches!(words.unaudited, Some(UnauditedWord(Unaudited::Forbid)))
        && words.context_type.is_none()
    {
        errors.push(error(
            *word,
            "a write without session settings has no context",
            "add `session_settings(username: Text)` or `unaudited = \"forbid\"`, or remove `context`",
        ));
    }
    for excluded in &words.exclude.0 {
        if let Excluded::Unlisted(column) = excluded {
            errors.extend(name(&Name(column.clone())));
        }
    }
    if let Some(Name(schema)) = &words.schema
        && let Some(problem) = schema_problem(&schema.value())
    {
        errors.push(error(
            schema.span(),
            format!("the name {problem}"),
            "write a schema such as `audit`",
        ));
    }
    // What `sql_name` of `table!` does with it.
    if let Some(Name(table)) = &words.table
        && table.value().starts_with("r#")
    {
        errors.push(error(
            table.span(),
            "Diesel's `table!` takes `r#` off a name",
            "write a name that begins with something else",
        ));
    }
}

/// What older rows get has to be what a write may give.
pub(super) fn default_problem(default: &LitStr, max: usize) -> Option<syn::Error> {
    let problem = value_problem(&default.value(), max)?;
    Some(error(
        default.span(),
        format!("the value for rows from before {problem}"),
        "write the text of a value such as `\"unknown\"`, or leave it out: older rows then get NULL",
    ))
}

/// What is wrong with a name by itself.
pub(super) fn name(Name(literal): &Name) -> Option<syn::Error> {
    name_problem(&literal.value()).map(|problem| {
        error(
            literal.span(),
            format!("the name {problem}"),
            format!("write a name of 1 to {MAX_IDENTIFIER_BYTES} bytes"),
        )
    })
}

/// PostgreSQL has no empty names, no NUL in text, and cuts what is too long.
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>
pub(super) fn name_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        Some("is empty".to_owned())
    } else if name.contains('\0') {
        Some("holds a NUL character".to_owned())
    } else if name.len() > MAX_IDENTIFIER_BYTES {
        Some(format!(
            "has {} bytes, PostgreSQL keeps {MAX_IDENTIFIER_BYTES}",
            name.len()
        ))
    } else {
        None
    }
}

/// `table!` takes the schema as an identifier, and has no other name for it.
pub(super) fn schema_problem(schema: &str) -> Option<&'static str> {
    (name_problem(schema).is_none() && !is_identifier(schema)).then_some(
        "is no identifier of Rust, and Diesel's `table!` takes no other name for a schema",
    )
}
