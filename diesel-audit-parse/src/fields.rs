//! The fields of a model, and the columns that they stand for.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{FieldsNamed, Type};

use super::model::{Field, Recorded};
use super::words::{FieldWords, SqlTypeWord};
use super::{diesel, message, names, rules, sql_type};
use diesel_audit_model::table::Recording;

/// The fields of a struct, sorted by what the audit does with them.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// One recorded column each.
    pub(super) recorded: Vec<Field>,
    /// The columns, by their names in `table!`, of the fields with `skip`. The
    /// token is the word `skip`.
    pub(super) skipped: Vec<Ident>,
    /// For each field of a type that is not known, how to tell it.
    pub(super) unknown: Vec<syn::Error>,
}

/// Reads all fields. Those that are no single column, since Diesel composes
/// them of others, are in neither list.
pub(super) fn read(named: &FieldsNamed, errors: &mut Vec<syn::Error>) -> Sorted {
    let mut sorted = Sorted::default();
    for (ident, field) in named
        .named
        .iter()
        .filter_map(|f| Some((f.ident.as_ref()?, f)))
    {
        let of_diesel = diesel::FieldWords::read(&field.attrs);
        let Some(words) = message::noted(FieldWords::read(&field.attrs), errors) else {
            continue;
        };
        let names = [&words.sql_name, &words.renamed_from];
        errors.extend(names.into_iter().flatten().filter_map(rules::name));
        let column = of_diesel.column_name.unwrap_or_else(|| ident.clone());
        let recording = message::noted(recording(&words), errors);
        if let Some(skip) = words.skip.0 {
            let mut column = column;
            column.set_span(skip);
            sorted.skipped.push(column);
            continue;
        }
        if of_diesel.composed {
            continue;
        }
        let rust = of_diesel.deserialize_as.as_ref().unwrap_or(&field.ty);
        let said = words
            .sql_type
            .map(|SqlTypeWord(said)| said)
            .or(of_diesel.sql_type);
        let sql_type = said.or_else(|| sql_type::of(rust));
        let Some(sql_type) = sql_type else {
            sorted.unknown.push(unknown_type(rust));
            continue;
        };
        sorted.recorded.push(Field {
            ident: ident.clone(),
            vis: field.vis.clone(),
            row_type: sql_type::owned(sql_type::optional(rust).unwrap_or(rust)),
            sql_name: words
                .sql_name
                .map_or_else(|| names::sql_name(&column), |name| name.0.value()),
            column,
            sql_type: sql_type::nullable(&sql_type).cloned().unwrap_or(sql_type),
            renamed_from: words.renamed_from.map(|name| name.0.value()),
            recording: recording.unwrap_or_default(),
        });
    }
    sorted
}

/// What the words on a field say is recorded of its column: one of them at most.
fn recording(words: &FieldWords) -> Result<Recorded, syn::Error> {
    let said = [
        (Recording::Excluded, &words.skip, "skip"),
        (Recording::Redact, &words.redact, "redact"),
        (Recording::Hash, &words.hash, "hash"),
        (Recording::OnChange, &words.on_change, "on_change"),
    ];
    let mut said = said
        .into_iter()
        .filter_map(|(recording, flag, word)| Some((recording, flag.0?, word)));
    let Some((recording, at, first)) = said.next() else {
        return Ok(Recorded::default());
    };
    message::all(
        said.map(|(_, at, word)| {
            message::error(
                at,
                format!(
                    "a column cannot be both `{first}` and `{word}`: {}",
                    why(first)
                ),
                "write one of the two",
            )
        })
        .collect(),
    )?;
    Ok(Recorded {
        recording,
        at: Some(at),
    })
}

/// Why a word leaves nothing to say for another one.
fn why(word: &str) -> &'static str {
    match word {
        "skip" => "nothing of it is recorded",
        "redact" => "it is recorded whether it changed, and nothing else",
        _ => "a digest is short, and stored with each change",
    }
}

fn unknown_type(rust: &Type) -> syn::Error {
    // A type reads well without the blanks that tokens are shown with.
    let shown = rust.to_token_stream().to_string().replace(' ', "");
    let example = sql_type::example(rust);
    syn::Error::new_spanned(
        rust,
        format!(
            "the SQL type of `{shown}` is not known\n\
             help: write `#[audit(sql_type = {example})]` on the field, \
             with the type that `table!` gives the column"
        ),
    )
}
