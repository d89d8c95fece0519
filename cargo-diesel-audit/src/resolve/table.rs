//! The table of a model, from `table!` or from Cargo.toml.

use diesel_audit_model::names::DEFAULT_SOURCE_SCHEMA;
use diesel_audit_model::{PgType, QualifiedName};
use quote::ToTokens;
use syn::ext::IdentExt;

use crate::discover::{Found, FoundModel};
use crate::fault::{Fault, Place};
use crate::settings::{Settings, TableByHand};
use crate::sql_type::{Missing, SqlTypes};

/// What is known of a table.
pub(super) struct Table {
    pub(super) source: QualifiedName,
    pub(super) columns: Vec<TableColumn>,
    /// Names in PostgreSQL.
    pub(super) key: Vec<String>,
}

/// A column of it.
pub(super) struct TableColumn {
    /// The name in `table!`.
    pub(super) ident: String,
    /// The name in PostgreSQL.
    pub(super) name: String,
    pub(super) sql_type: PgType,
    /// The type as `table!` has it, without `Nullable`.
    pub(super) said: Option<String>,
}

/// The table that a model names.
///
/// # Errors
/// When it is not found, or not understood.
pub(super) fn of(
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
        return Ok(by_hand_as_table(by_hand, last));
    }
    let place = place(found);
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

fn by_hand_as_table(table: &TableByHand, last: String) -> Table {
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
pub(super) fn said(sql_type: &syn::Type) -> String {
    let shown = sql_type.to_token_stream().to_string().replace(' ', "");
    let inner = shown.strip_prefix("Nullable<");
    match inner.and_then(|inner| inner.strip_suffix('>')) {
        Some(inner) => inner.to_owned(),
        None => shown,
    }
}

/// That a column has no type in PostgreSQL.
pub(super) fn of_column(column: &str, missing: Missing) -> Fault {
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

/// Where the model names it.
pub(super) fn place(found: &FoundModel) -> Place {
    let first = found.model.table.segments.first();
    let span = first.map_or_else(|| found.model.ident.span(), |first| first.ident.span());
    Place::of(&found.place.file, span)
}
