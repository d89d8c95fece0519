//! `roles`: the SQL that gives the owner of the audit, the migrator and the
//! application their rights.

use diesel_audit_model::AuditedTable;
use diesel_audit_sql::roles::{self as sql, Roles};

use super::{Audit, audits};
use crate::Stop;
use crate::args::{self, Global};
use crate::fault::Fault;
use crate::project::Surroundings;
use crate::shell::Shell;

pub(crate) fn run(
    args: &args::Roles,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    let roles = Roles::new(
        &args.owner,
        &args.migrator,
        &args.application,
        args.read_history,
    )
    .map_err(Fault::new)?;
    let audits = audits(global, surroundings, shell)?;
    let audit = one(&audits)?;
    shell.result(&sql::script(&roles, &tables(audit), &audit.lock_timeout))?;
    Ok(0)
}

/// Each migrations folder is a database of its own.
fn one(audits: &[Audit]) -> Result<&Audit, Fault> {
    let mut with_tables = audits.iter().filter(|audit| !tables(audit).is_empty());
    match (with_tables.next(), with_tables.next()) {
        (Some(audit), None) => Ok(audit),
        (None, _) => Err(Fault::new("there is no audited model")
            .help("add `#[derive(Audited)]` to a struct: without one there is nothing to protect")),
        (Some(_), Some(_)) => Err(Fault::new(
            "several migrations folders have audited models, and each is another database's",
        )
        .help("select one package by `-p`")),
    }
}

/// Those of the models, and those that a migration has installed under names
/// that no model has any more: until the next migration they are there.
fn tables(audit: &Audit) -> Vec<&AuditedTable> {
    let declared: Vec<&AuditedTable> = audit.declared.iter().map(|d| &d.table).collect();
    let is_declared = |table: &AuditedTable| {
        declared.iter().any(|d| {
            (&d.source, &d.audit, &d.function) == (&table.source, &table.audit, &table.function)
        })
    };
    let installed = audit.installed.iter().map(|i| &i.table);
    let installed: Vec<&AuditedTable> = installed.filter(|table| !is_declared(table)).collect();
    [declared, installed].concat()
}
