//! A model and its `table!` together: what is to be audited.
//!
//! The compiled derive comes to the same value, by
//! `diesel_audit::private::describe`; what it refuses is refused here with the
//! same words.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use diesel_audit_model::names::{Conventions, DEFAULT_SOURCE_SCHEMA};
use diesel_audit_model::parse::{self, Field};
use diesel_audit_model::{AuditedTable, Column, Declared, PgType, QualifiedName, Setting, check};
use quote::ToTokens;
use syn::ext::IdentExt;

use crate::discover::{Found, FoundModel, Sources};
use crate::fault::{Fault, Place};
use crate::settings::{Settings, TableByHand};
use crate::sql_type::{Missing, SqlTypes};

/// A model with the table that it declares.
pub(crate) struct Resolved {
    /// The struct's path in its crate.
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) declared: Declared,
}

/// All models of a package.
///
/// # Errors
/// Everything that is wrong with any of them.
pub(crate) fn resolve(
    sources: &Sources,
    settings: &Settings,
    conventions: &Conventions,
) -> Result<Vec<Resolved>, Vec<Fault>> {
    let mut resolved: Vec<Resolved> = Vec::new();
    let mut faults = sources.faults.clone();
    let mut seen = BTreeSet::new();
    let types = SqlTypes {
        sources,
        by_hand: &settings.types,
    };
    for found in &sources.models {
        // A file may belong to two targets.
        if !seen.insert(&found.place) {
            continue;
        }
        let table = match table(&types, settings, found) {
            Ok(table) => table,
            Err(more) => {
                faults.extend(more);
                continue;
            }
        };
        let joined = Joined {
            types: &types,
            found,
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
        faults.extend(sources.unreadable.iter().cloned());
    }
    if faults.is_empty() {
        Ok(resolved)
    } else {
        Err(faults)
    }
}

/// A table, from `table!` or from Cargo.toml.
struct Table {
    source: QualifiedName,
    columns: Vec<TableColumn>,
    /// Names in PostgreSQL.
    key: Vec<String>,
}

struct TableColumn {
    ident: String,
    name: String,
    sql_type: PgType,
    /// The type as `table!` has it, without `Nullable`.
    said: Option<String>,
}

fn table(
    types: &SqlTypes<'_>,
    settings: &Settings,
    found: &FoundModel,
) -> Result<Table, Vec<Fault>> {
    let path = &found.model.table;
    let shown = path.to_token_stream().to_string().replace(' ', "");
    let last = path
        .segments
        .last()
        .map(|last| last.ident.unraw().to_string());
    if let Some(by_hand) = last.as_ref().and_then(|last| settings.tables.get(last)) {
        let last = last.unwrap_or_default();
        return Ok(table_by_hand(by_hand, last));
    }
    let place = table_place(found);
    let Some(Found::Table(id)) = types.sources.resolve(found.module, path) else {
        let last = last.unwrap_or_default();
        let fault = Fault::new(format!("no `table!` was found for `{shown}`"))
            .at(&place)
            .help(format!(
                "write the path that leads to the `table!` from here, or write the table down in \
             Cargo.toml, in `[package.metadata.diesel-audit.tables.{last}]`"
            ));
        return Err(vec![fault.not_found()]);
    };
    let table = types.sources.table(id);
    let mut faults = table.faults.clone();
    let mut columns = Vec::new();
    for column in &table.columns {
        match types.of_column(table.module, &column.sql_type) {
            Ok(sql_type) => columns.push(TableColumn {
                ident: column.ident.clone(),
                name: column.sql_name.clone(),
                said: Some(said(&column.sql_type)),
                sql_type,
            }),
            Err(missing) => faults.push(of_column(&column.ident, missing).at(&column.place)),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let of_key = table
        .key
        .iter()
        .filter_map(|key| columns.iter().find(|c| c.ident == *key));
    Ok(Table {
        source: QualifiedName::new(
            table
                .schema
                .clone()
                .unwrap_or_else(|| DEFAULT_SOURCE_SCHEMA.to_owned()),
            table.sql_name.clone(),
        ),
        key: of_key.map(|column| column.name.clone()).collect(),
        columns,
    })
}

fn table_by_hand(table: &TableByHand, last: String) -> Table {
    Table {
        source: QualifiedName::new(
            table
                .schema
                .clone()
                .unwrap_or_else(|| DEFAULT_SOURCE_SCHEMA.to_owned()),
            table.name.clone().unwrap_or(last),
        ),
        columns: table
            .columns
            .iter()
            .map(|column| TableColumn {
                ident: column.ident.clone().unwrap_or_else(|| column.name.clone()),
                name: column.name.clone(),
                sql_type: column.sql_type.clone(),
                said: None,
            })
            .collect(),
        key: table.primary_key.clone(),
    }
}

/// A type as it is written, which reads well without the blanks that tokens are
/// shown with.
fn said(sql_type: &syn::Type) -> String {
    let shown = sql_type.to_token_stream().to_string().replace(' ', "");
    let inner = shown.strip_prefix("Nullable<");
    match inner.and_then(|inner| inner.strip_suffix('>')) {
        Some(inner) => inner.to_owned(),
        None => shown,
    }
}

fn of_column(column: &str, missing: Missing) -> Fault {
    match missing {
        Missing::Unknown(name) => Fault::new(format!(
            "the SQL type `{name}` of the column `{column}` was not found"
        ))
        .help(Missing::help(&name))
        .not_found(),
        Missing::Impossible => Fault::new(format!(
            "the column `{column}` has a type that PostgreSQL does not have"
        ))
        .help("correct it in `table!`"),
    }
}

fn table_place(found: &FoundModel) -> Place {
    let first = found.model.table.segments.first();
    let span = first.map_or_else(|| found.model.ident.span(), |first| first.ident.span());
    Place::of(&found.place.file, span)
}

/// A name of today, and a text of before.
type Renamed = (Cow<'static, str>, Cow<'static, str>);

/// A model and its table.
struct Joined<'a> {
    types: &'a SqlTypes<'a>,
    found: &'a FoundModel,
    table: Table,
}

impl Joined<'_> {
    fn declared(&self, conventions: &Conventions) -> Result<Declared, Vec<Fault>> {
        let mut faults = Vec::new();
        self.source_is_as_assumed(&mut faults);
        self.fields_agree(&mut faults);
        let excluded = self.excluded(&mut faults);
        self.unlisted_are_unlisted(&mut faults);
        let settings = self.settings(&mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let model = &self.found.model;
        let names = parse::audit_names(model, conventions);
        let column = |column: &TableColumn| Column {
            name: column.name.clone().into(),
            sql_type: column.sql_type.clone(),
            excluded: excluded.contains(&column.name),
        };
        let table = AuditedTable {
            source: self.table.source.clone(),
            audit: QualifiedName::new(names.schema, names.table),
            function: names.function.into(),
            trigger: names.trigger.into(),
            settings,
            columns: self.table.columns.iter().map(column).collect(),
            primary_key: self
                .table
                .key
                .iter()
                .map(|key| key.clone().into())
                .collect(),
            unlisted: model
                .unlisted
                .iter()
                .map(|name| name.clone().into())
                .collect(),
            operations: model.operations,
        };
        check::check(&table).map_err(|problems| {
            let problems = problems.0.iter();
            problems
                .map(|problem| Fault::new(problem.to_string()).at(&self.found.place))
                .collect::<Vec<Fault>>()
        })?;
        Ok(Declared {
            table,
            renamed_from: model.renamed_from.clone(),
            renamed_columns: self.renamed_columns(),
            defaults: model.settings.iter().filter_map(default).collect(),
        })
    }

    /// A derive sees only tokens, so it assumes where the table is.
    fn source_is_as_assumed(&self, faults: &mut Vec<Fault>) {
        let (said, source) = (&self.table.source, &self.found.model.source);
        let place = table_place(self.found);
        if said.schema != source.schema {
            let message = format!(
                "`table!` puts the table into the schema `{}`, `#[derive(Audited)]` took it to be in `{}`",
                said.schema, source.schema
            );
            let help = format!("write `#[audit(source_schema = {:?})]`", said.schema);
            faults.push(Fault::new(message).at(&place).help(help));
        }
        if said.name != source.name {
            let message = format!(
                "`table!` names the table `{}`, `#[derive(Audited)]` took it to be `{}`",
                said.name, source.name
            );
            let help = format!("write `#[audit(source_table = {:?})]`", said.name);
            faults.push(Fault::new(message).at(&place).help(help));
        }
    }

    fn fields_agree(&self, faults: &mut Vec<Fault>) {
        for field in &self.found.model.fields {
            let name = field.column.unraw().to_string();
            match self.column(&name) {
                None => faults.push(self.no_column(&field.ident, &name)),
                Some(column) => faults.extend(self.disagreement(field, column)),
            }
        }
    }

    /// What the compiler would refuse about a field.
    fn disagreement(&self, field: &Field, column: &TableColumn) -> Vec<Fault> {
        let mut faults = Vec::new();
        if field.sql_name != column.name {
            let message = format!(
                "the column `{}` has another name in PostgreSQL than `{}`",
                column.ident, field.sql_name
            );
            let help = format!(
                "write `#[audit(sql_name = {:?})]` on the field",
                column.name
            );
            faults.push(Fault::new(message).at(&self.place(&field.ident)).help(help));
        }
        let fault =
            match self.types.of_field(self.found.module, &field.sql_type) {
                Ok(recorded) if recorded == column.sql_type => return faults,
                Ok(_) => {
                    let of_table = match &column.said {
                        Some(said) => said.clone(),
                        None => column.sql_type.to_string(),
                    };
                    Fault::new(format!(
                    "the column `{}` is `{of_table}` in `table!`, but would be recorded as `{}`",
                    column.ident,
                    said(&field.sql_type)
                ))
                .help(format!("write `#[audit(sql_type = {of_table})]` on the field"))
                }
                Err(missing) => of_column(&column.ident, missing),
            };
        faults.push(fault.at(&self.place(&field.ident)));
        faults
    }

    /// The names in PostgreSQL of the columns that are not recorded.
    fn excluded(&self, faults: &mut Vec<Fault>) -> Vec<String> {
        let mut excluded = Vec::new();
        for ident in &self.found.model.excluded {
            let name = ident.unraw().to_string();
            match self.column(&name) {
                Some(column) => excluded.push(column.name.clone()),
                None => faults.push(self.no_column(ident, &name)),
            }
        }
        excluded
    }

    fn unlisted_are_unlisted(&self, faults: &mut Vec<Fault>) {
        for unlisted in &self.found.model.unlisted {
            if self
                .table
                .columns
                .iter()
                .any(|column| column.name == *unlisted)
            {
                let message = format!("`table!` has the column `{unlisted}`");
                let help = "write it without quotes in `exclude(..)`";
                faults.push(Fault::new(message).at(&self.found.place).help(help));
            }
        }
    }

    fn renamed_columns(&self) -> Vec<Renamed> {
        let fields = self.found.model.fields.iter();
        fields
            .filter_map(|field| {
                let old = field.renamed_from.clone()?;
                Some((field.sql_name.clone().into(), old.into()))
            })
            .collect()
    }

    fn settings(&self, faults: &mut Vec<Fault>) -> Vec<Setting> {
        let mut settings = Vec::new();
        for setting in &self.found.model.settings {
            let name = setting.name.unraw().to_string();
            match self.types.of_field(self.found.module, &setting.sql_type) {
                Ok(sql_type) => settings.push(Setting {
                    name: name.into(),
                    sql_type,
                    required: setting.required,
                }),
                Err(missing) => {
                    let fault = match missing {
                        Missing::Unknown(found) => Fault::new(format!(
                            "the SQL type `{found}` of the session setting `{name}` was not found"
                        ))
                        .help("write a type of `diesel::sql_types`, such as `Text` or `Nullable<Uuid>`")
                        .not_found(),
                        Missing::Impossible => Fault::new(format!(
                            "the session setting `{name}` has a type that PostgreSQL does not have"
                        )),
                    };
                    faults.push(fault.at(&self.place(&setting.name)));
                }
            }
        }
        settings
    }

    fn no_column(&self, at: &syn::Ident, name: &str) -> Fault {
        let known: Vec<&str> = self
            .table
            .columns
            .iter()
            .map(|column| column.ident.as_str())
            .collect();
        Fault::new(format!(
            "the table {} has no column `{name}`",
            self.table.source
        ))
        .at(&self.place(at))
        .help(format!("its columns are `{}`", known.join("`, `")))
    }

    fn column(&self, ident: &str) -> Option<&TableColumn> {
        self.table
            .columns
            .iter()
            .find(|column| column.ident == ident)
    }

    fn place(&self, ident: &syn::Ident) -> Place {
        Place::of(&Rc::clone(&self.found.place.file), ident.span())
    }
}

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

/// The name by which `Model` is asked for: the struct, or its path.
pub(crate) fn is_called(resolved: &Resolved, asked: &str) -> bool {
    let asked = asked.strip_prefix("crate::").unwrap_or(asked);
    resolved.name == asked || resolved.path == asked
}

fn default(setting: &parse::Setting) -> Option<Renamed> {
    let default = setting.default.as_ref()?;
    let name = setting.name.unraw().to_string();
    Some((name.into(), default.clone().into()))
}
