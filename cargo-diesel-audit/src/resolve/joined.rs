//! A model and its table: whether they agree, and what follows.

use std::borrow::Cow;

use diesel_audit_model::names::Conventions;
use diesel_audit_model::{AuditedTable, Column, QualifiedName, Recording, Setting, check};
use diesel_audit_parse::{self as parse, Field};
use diesel_audit_sql::Declared;
use syn::ext::IdentExt;

use super::table::{Table, TableColumn, of_column, place, said};
use crate::discover::FoundModel;
use crate::fault::{Fault, Place};
use crate::sql_type::{Missing, SqlTypes};

/// A name of today, and a text of before.
pub(super) type Renamed = (Cow<'static, str>, Cow<'static, str>);

/// A model and its table.
pub(super) struct Joined<'a> {
    pub(super) types: &'a SqlTypes<'a>,
    pub(super) found: &'a FoundModel,
    pub(super) table: Table,
}

impl Joined<'_> {
    /// What is to be audited.
    ///
    /// # Errors
    /// Everything in which the two disagree.
    pub(super) fn declared(&self, conventions: &Conventions) -> Result<Declared, Vec<Fault>> {
        let mut faults = Vec::new();
        self.source_is_as_assumed(&mut faults);
        self.fields_agree(&mut faults);
        let excluded = self.excluded(&mut faults);
        self.unlisted_are_unlisted(&mut faults);
        let settings = self.settings(&mut faults);
        if let Err(error) = self.found.model.settings_fit(conventions) {
            faults.extend(Fault::of_syn(&self.found.place.file, error));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let model = &self.found.model;
        let names = parse::audit_names(model, conventions);
        let column = |column: &TableColumn| Column {
            name: column.name.clone().into(),
            sql_type: column.sql_type.clone(),
            recording: match excluded.contains(&column.name) {
                true => Recording::Excluded,
                false => self.recording(column),
            },
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
            policy: model.policy(conventions),
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

    /// What a field says of its column; one without a field is recorded as it is.
    fn recording(&self, column: &TableColumn) -> Recording {
        let mut fields = self.found.model.fields.iter();
        let field = fields.find(|field| field.column.unraw() == column.ident);
        field.map_or(Recording::Value, |field| field.recording.recording)
    }

    /// A derive sees only tokens, so it assumes where the table is.
    fn source_is_as_assumed(&self, faults: &mut Vec<Fault>) {
        let (said, source) = (&self.table.source, &self.found.model.source);
        let place = place(self.found);
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
                    index: setting.index.is_some(),
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
        Place::of(&self.found.place.file, ident.span())
    }
}

fn default(setting: &parse::Setting) -> Option<Renamed> {
    let default = setting.default.as_ref()?;
    let name = setting.name.unraw().to_string();
    Some((name.into(), default.value().into()))
}
