//! What a model goes through.

use diesel_audit::AuditedTable;
use diesel_audit_model::{PgType, Problems, QualifiedName};
use diesel_audit_sql::{
    Declared, Installed, LockTimeout, Migration, Options, Step, after, difference, migration,
};

/// A model with the change that it goes through.
pub(super) struct Model {
    pub(super) name: &'static str,
    pub(super) table: AuditedTable,
    /// The steps to the changed one.
    pub(super) change: Vec<Step>,
    /// The application's own statements of that change, forth and back.
    pub(super) own: [&'static str; 2],
}

impl Model {
    /// The migration by which the audit begins.
    pub(super) fn first(&self) -> Migration {
        migration(
            &[Step::Install(self.table.clone())],
            &LockTimeout::default(),
        )
    }

    pub(super) fn second(&self) -> Migration {
        migration(&self.change, &LockTimeout::default())
    }
}

pub(super) fn tables(models: &[Model]) -> Vec<AuditedTable> {
    models.iter().map(|model| model.table.clone()).collect()
}

/// The steps from a table to what is declared.
pub(super) fn change(before: &AuditedTable, declared: Declared) -> Result<Vec<Step>, Problems> {
    let first = difference(&[], &[Declared::from(before.clone())], &Options::default())?;
    let installed: Vec<Installed> = after(&[], &first);
    difference(&installed, &[declared], &Options::default())
}

/// The way back of the one below.
pub(super) const UNDO: &str = "
    ALTER TABLE shop.altered ALTER COLUMN part TYPE integer;
    ALTER TABLE shop.altered RENAME COLUMN title TO name;
    ALTER TABLE shop.altered RENAME TO changed;";

/// One whose table changes with it: a column gets another name, one another type, and
/// the table another name.
pub(super) fn altered(table: AuditedTable) -> Result<Model, Problems> {
    let mut declared = Declared::from(table.clone());
    let old = std::mem::replace(
        &mut declared.table.source,
        QualifiedName::new("shop", "altered"),
    );
    declared.renamed_from = Some(old);
    declared
        .renamed_columns
        .push(("title".into(), "name".into()));
    for column in &mut declared.table.columns {
        match &*column.name {
            "name" => column.name = "title".into(),
            "part" => column.sql_type = PgType::builtin("int8"),
            _ => {}
        }
    }
    Ok(Model {
        name: "changed",
        change: change(&table, declared)?,
        table,
        own: [
            "ALTER TABLE shop.changed RENAME TO altered;
             ALTER TABLE shop.altered RENAME COLUMN name TO title;
             ALTER TABLE shop.altered ALTER COLUMN part TYPE bigint;",
            UNDO,
        ],
    })
}
