//! A model as its tokens declare it.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::{Data, DeriveInput, Fields, LitStr, Path, Type, Visibility};

use super::fields;
use super::words::{Excluded, Name, SettingWord, StructWords};
use super::{diesel, message, names, rules, sql_type};
use diesel_audit_model::names::{Conventions, DEFAULT_SOURCE_SCHEMA};
use diesel_audit_model::policy::{
    ContextScope, Operations, Policy, SessionFact, Switch, Unaudited,
};
use diesel_audit_model::table::{QualifiedName, Recording};
use diesel_audit_model::value::MAX_VALUE_BYTES;

/// What a struct with `#[derive(Audited)]` declares.
#[derive(Debug, Clone)]
pub struct Model {
    /// The struct.
    pub ident: Ident,
    /// Its visibility.
    pub vis: Visibility,
    /// The module that `table!` made, as the struct names it.
    pub table: Path,
    /// The columns of the primary key, as `#[diesel(primary_key(..))]` has them.
    pub primary_key: Vec<Ident>,
    /// Where the tokens say that the table is.
    pub source: QualifiedName,
    /// Where the table was before, if it had another name or schema.
    pub renamed_from: Option<QualifiedName>,
    /// The names that `#[audit(..)]` gives verbatim.
    pub(super) said: SaidNames,
    /// The session settings, in the order of their declaration.
    pub settings: Vec<Setting>,
    /// The struct that they have to be among, or that they are yet to be taken
    /// from.
    pub context_type: Option<Path>,
    /// The switches, where the model says them; [`policy`](Model::policy) has them all.
    pub(super) switches: Policy,
    /// The switches that are the crate's to say where the model does not.
    pub(super) of_crate: OfCrate,
    /// Where the words of the switches are.
    pub(super) places: Places,
    /// Columns that are not recorded, by their names in `table!`.
    pub excluded: Vec<Ident>,
    /// Columns that only the table has, by their names in PostgreSQL.
    pub unlisted: Vec<String>,
    /// The fields that the audit row has too: each is one recorded column.
    pub fields: Vec<Field>,
}

impl Model {
    /// How the changes are recorded: what the model says, then the conventions of its crate.
    pub fn policy(&self, conventions: &Conventions) -> Policy {
        let OfCrate {
            max_value_bytes,
            append_only,
        } = self.of_crate;
        Policy {
            max_value_bytes: max_value_bytes.unwrap_or(conventions.max_value_bytes),
            append_only: append_only.unwrap_or(conventions.append_only),
            ..self.switches.clone()
        }
    }

    /// Checks that what older rows get is no longer than what a write may give, and that
    /// what a write may give fits into an index.
    ///
    /// # Errors
    /// Each setting that does not, combined.
    pub fn settings_fit(&self, conventions: &Conventions) -> Result<(), syn::Error> {
        let max = self.policy(conventions).max_value_bytes;
        let problems = self.settings.iter().flat_map(|setting| {
            let default = setting.default.as_ref();
            let default = default.and_then(|default| rules::default_problem(default, max));
            default
                .into_iter()
                .chain(rules::index_problem(setting, max))
        });
        message::all(problems.collect())
    }

    /// What is recorded of the session, in the order of the columns.
    pub fn record(&self) -> &[SessionFact] {
        &self.switches.record
    }

    /// How many columns the audit table has for the fields.
    pub fn stored_columns(&self) -> usize {
        self.fields.len() + self.recorded_as(Recording::OnChange).count()
    }

    /// The fields whose columns are recorded in this way.
    pub fn recorded_as(&self, recording: Recording) -> impl Iterator<Item = &Field> {
        let fields = self.fields.iter();
        fields.filter(move |field| field.recording.recording == recording)
    }
}

/// The switches that `Cargo.toml` may say for a whole crate, if the model says them.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfCrate {
    max_value_bytes: Option<usize>,
    append_only: Option<bool>,
}

/// The words that errors point at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    skip_unchanged: Option<Span>,
    when: Option<Span>,
}

impl Places {
    /// The word of a switch, where the model has it.
    pub(super) fn of(&self, switch: Switch) -> Option<Span> {
        match switch {
            Switch::SkipUnchanged => self.skip_unchanged,
            Switch::When => self.when,
        }
    }
}

/// The names that `#[audit(..)]` gives verbatim.
#[derive(Debug, Clone)]
pub(super) struct SaidNames {
    pub(super) table: Option<Name>,
    pub(super) schema: Option<Name>,
    pub(super) function: Option<Name>,
    pub(super) trigger: Option<Name>,
}

impl Model {
    /// The struct that the settings are to be taken from, if there is one.
    pub fn takes_settings(&self) -> Option<&Path> {
        self.context_type
            .as_ref()
            .filter(|_| self.settings.is_empty())
    }

    /// The model with the settings that are taken from its context's type.
    ///
    /// # Errors
    /// What does not go together, at the name of that type: the settings' own
    /// tokens may be in another file.
    pub fn with_settings(mut self, settings: Vec<Setting>) -> Result<Model, syn::Error> {
        let path = self.context_type.take();
        let last = path.as_ref().and_then(|path| path.segments.last());
        let at = last.map_or_else(|| self.ident.span(), |last| last.ident.span());
        self.settings = settings;
        for setting in &mut self.settings {
            setting.name.set_span(at);
        }
        let mut errors = Vec::new();
        rules::check(&self, &mut errors);
        message::all(errors)?;
        Ok(self)
    }
}

/// A session setting.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its name, without the prefix.
    pub name: Ident,
    /// Its type, without `Nullable`.
    pub sql_type: Type,
    /// Whether a write without it is refused.
    pub required: bool,
    /// What audit rows from before the setting get.
    pub default: Option<LitStr>,
    /// The word `index`, if the audit table has an index on its column.
    pub index: Option<Span>,
}

/// A field that stands for one recorded column.
#[derive(Debug, Clone)]
pub struct Field {
    /// The field.
    pub ident: Ident,
    /// Its visibility.
    pub vis: Visibility,
    /// The type that is read from the column, without `Option` and owned.
    pub row_type: Type,
    /// The column, by its name in `table!`.
    pub column: Ident,
    /// The column, by its name in PostgreSQL.
    pub sql_name: String,
    /// Its SQL type, without `Nullable`.
    pub sql_type: Type,
    /// Its name in PostgreSQL before.
    pub renamed_from: Option<String>,
    /// What of the column is recorded.
    pub recording: Recorded,
}

/// What of a column is recorded, and the word that says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recorded {
    /// What.
    pub recording: Recording,
    /// The word on the field.
    pub(super) at: Option<Span>,
}

/// Reads a struct.
///
/// # Errors
/// Everything that is wrong with it, combined, each at the smallest token.
pub fn model(input: &DeriveInput) -> Result<Model, syn::Error> {
    let mut errors = Vec::new();
    errors.extend(generic(input));
    let named = named_fields(
        input,
        "Audited",
        "write `struct User { id: i64, .. }`, with a field for each column that you read",
    );
    let named = message::noted(named, &mut errors);
    let words = message::noted(StructWords::read(&input.attrs), &mut errors);
    if let Some(words) = &words {
        rules::names(words, &mut errors);
    }
    let of_diesel = diesel::StructWords::read(&input.attrs);
    let table = message::noted(table_name(of_diesel.table_name, &input.ident), &mut errors);
    let fields = named.map(|named| fields::read(named, &mut errors));
    if let Some(fields) = &fields
        && input.generics.params.is_empty()
    {
        errors.extend(fields.unknown.iter().cloned());
    }
    // Rules about the whole would only repeat what is wrong with a part.
    message::all(errors)?;
    let (Some(words), Some(table), Some(fields)) = (words, table, fields) else {
        unreachable!("what is missing has left an error");
    };

    let (listed, unlisted) = excluded(words.exclude.0);
    let mut errors = Vec::new();
    rules::words_have_columns(&listed, &fields.recorded, &mut errors);
    let source = source(
        &table,
        words.source_schema.as_ref(),
        words.source_table.as_ref(),
    );
    let model = Model {
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        primary_key: of_diesel
            .primary_key
            .unwrap_or_else(|| vec![format_ident!("id")]),
        renamed_from: renamed_from(
            &source,
            words.moved_from.as_ref(),
            words.renamed_from.as_ref(),
        ),
        source,
        table,
        settings: words.session_settings.0.into_iter().map(setting).collect(),
        context_type: words.context_type.map(|path| path.0),
        of_crate: OfCrate {
            max_value_bytes: words.max_value_bytes.as_ref().map(|word| word.0),
            append_only: words.append_only.as_ref().map(|word| word.0),
        },
        places: Places {
            skip_unchanged: words.skip_unchanged.0,
            when: words.when.as_ref().map(|word| word.0.span()),
        },
        switches: Policy {
            operations: words.operations.map_or(Operations::ALL, |list| list.0),
            context: words.context.map_or(ContextScope::Any, |word| word.0),
            unaudited: words.unaudited.map_or(Unaudited::Allow, |word| word.0),
            max_value_bytes: words.max_value_bytes.map_or(MAX_VALUE_BYTES, |word| word.0),
            append_only: words.append_only.is_some_and(|word| word.0),
            skip_unchanged: words.skip_unchanged.0.is_some(),
            when: words.when.map(|word| word.0.value().into()),
            record: words.record.map_or_else(Vec::new, |list| list.0).into(),
            seals: words.seals.0.is_some(),
        },
        excluded: listed.iter().cloned().chain(fields.skipped).collect(),
        unlisted,
        fields: fields
            .recorded
            .into_iter()
            .filter(|field| !rules::among(&listed, &field.column))
            .collect(),
        said: SaidNames {
            table: words.table,
            schema: words.schema,
            function: words.function,
            trigger: words.trigger,
        },
    };
    rules::check(&model, &mut errors);
    message::all(errors)?;
    Ok(model)
}

fn generic(input: &DeriveInput) -> Option<syn::Error> {
    let generics = &input.generics;
    (!generics.params.is_empty()).then(|| {
        syn::Error::new_spanned(
            &generics.params,
            "`#[derive(Audited)]` takes no generic struct: an audited table has one type for each column\n\
             help: write a struct without type parameters and lifetimes, \
             for example with `String` for `&'a str`",
        )
    })
}

/// The fields of a struct that a derive of ours can read.
pub(super) fn named_fields<'a>(
    input: &'a DeriveInput,
    derive: &str,
    help: &str,
) -> Result<&'a syn::FieldsNamed, syn::Error> {
    let (kind, at) = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => return Ok(named),
            Fields::Unnamed(_) => ("a tuple struct", input.ident.span()),
            Fields::Unit => ("a unit struct", input.ident.span()),
        },
        Data::Enum(data) => ("an enum", data.enum_token.span),
        Data::Union(data) => ("a union", data.union_token.span),
    };
    Err(message::error(
        at,
        format!("`#[derive({derive})]` takes a struct with named fields, not {kind}"),
        help,
    ))
}

fn table_name(table: Option<Path>, ident: &Ident) -> Result<Path, syn::Error> {
    table.ok_or_else(|| {
        message::error(
            ident.span(),
            "`#[derive(Audited)]` needs the table's name",
            "write `#[diesel(table_name = crate::schema::users)]` on the struct",
        )
    })
}

/// `diesel print-schema` puts the tables of another schema than `public` into
/// a module of that name in `schema.rs`.
fn source(path: &Path, schema: Option<&Name>, table: Option<&Name>) -> QualifiedName {
    let said = |name: Option<&Name>| name.map(|name| name.0.value());
    let segments: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
    let of_module = match segments.as_slice() {
        [.., schema_rs, module, _] if *schema_rs == "schema" => names::sql_name(module),
        _ => DEFAULT_SOURCE_SCHEMA.to_owned(),
    };
    let of_table = segments
        .last()
        .map_or_else(String::new, |table| names::sql_name(table));
    QualifiedName::new(
        said(schema).unwrap_or(of_module),
        said(table).unwrap_or(of_table),
    )
}

fn renamed_from(
    source: &QualifiedName,
    schema: Option<&Name>,
    table: Option<&Name>,
) -> Option<QualifiedName> {
    let said = |name: Option<&Name>| name.map(|name| name.0.value().into());
    (schema.is_some() || table.is_some()).then(|| QualifiedName {
        schema: said(schema).unwrap_or_else(|| source.schema.clone()),
        name: said(table).unwrap_or_else(|| source.name.clone()),
    })
}

pub(super) fn setting(word: SettingWord) -> Setting {
    let inner = sql_type::nullable(&word.sql_type).cloned();
    Setting {
        name: word.name,
        required: inner.is_none(),
        sql_type: inner.unwrap_or(word.sql_type),
        default: word.default,
        index: word.index,
    }
}

fn excluded(list: Vec<Excluded>) -> (Vec<Ident>, Vec<String>) {
    let (mut listed, mut unlisted) = (Vec::new(), Vec::new());
    for excluded in list {
        match excluded {
            Excluded::Listed(column) => listed.push(column),
            Excluded::Unlisted(column) => unlisted.push(column.value()),
        }
    }
    (listed, unlisted)
}
