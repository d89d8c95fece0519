//! Which queries to run.

use super::catalog::{Objects, Relation};
use crate::core;
use crate::render::seals::index;
use crate::render::table::columns;
use crate::render::{catalog, digest};
use diesel_audit_model::names::{AUDIT_COLUMNS, SETTING_PREFIX};
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// What is there of what the models name. The answers are for [`Objects::of`].
pub(super) fn objects(tables: &[AuditedTable]) -> Vec<String> {
    let of_core = tables_of_core(tables);
    let of_seals: Vec<QualifiedName> = tables
        .iter()
        .filter_map(|table| Some([table.seal_table()?, index(&table.audit)]))
        .flatten()
        .collect();
    let relations = tables
        .iter()
        .flat_map(|table| [&table.source, &table.audit])
        .chain(&of_seals)
        .chain(&of_core);
    let mut functions: Vec<_> = tables.iter().flat_map(AuditedTable::functions).collect();
    functions.extend(core::functions().into_iter().map(|function| function.name));
    let mut schemas: Vec<&str> = tables.iter().map(|t| &*t.audit.schema).collect();
    schemas.sort_unstable();
    schemas.dedup();
    let mut types: Vec<String> = tables
        .iter()
        .flat_map(columns)
        .map(|c| c.sql_type)
        .collect();
    types.sort_unstable();
    types.dedup();
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    vec![
        catalog::relations(relations),
        catalog::functions(functions.iter()),
        catalog::schemas(&schemas),
        catalog::sequences(tables.iter().map(|t| &t.audit), AUDIT_COLUMNS[0]),
        catalog::types(&types),
        catalog::server(SETTING_PREFIX),
        catalog::readable(of_core.iter()),
    ]
}

/// The tables of the core, that of the key of the digests where there are any.
fn tables_of_core(tables: &[AuditedTable]) -> Vec<QualifiedName> {
    let mut of_core = vec![core::audited(), core::entry()];
    if tables.iter().any(digest::is_recorded) {
        of_core.push(digest::key());
    }
    of_core
}

/// What these are made of. The answers are for [`Objects::complete`].
pub(super) fn parts(objects: &Objects, tables: &[AuditedTable]) -> Vec<String> {
    let of = |keep: &dyn Fn(&Relation) -> bool| -> Vec<&str> {
        let kept = objects.relations.iter().filter(|r| keep(r));
        kept.map(|r| r.oid.as_str()).collect()
    };
    let roots = of(&|relation| relation.parent.is_none());
    let all = of(&|_| true);
    let is_audit = |relation: &Relation| tables.iter().any(|t| t.audit == relation.name);
    let audits = of(&|relation| relation.parent.is_none() && is_audit(relation));
    let partitioned = of(&|relation| relation.kind == "p" && relation.parent.is_none());
    let functions: Vec<&str> = objects.functions.iter().map(|f| f.oid.as_str()).collect();
    let schemas: Vec<&str> = objects.schemas.iter().map(|s| s.oid.as_str()).collect();
    let sequences: Vec<&str> = objects.sequences.iter().map(|s| s.oid.as_str()).collect();
    let granted: Vec<&str> = all.iter().chain(&sequences).copied().collect();
    let (of_pair, into_pair): (Vec<&str>, Vec<&str>) = tables
        .iter()
        .flat_map(|table| table.functions().into_iter().map(move |name| (table, name)))
        .filter_map(|(table, name)| {
            let function = objects.function(&name)?;
            let audit = objects.relation(&table.audit)?;
            Some((function.oid.as_str(), audit.oid.as_str()))
        })
        .unzip();
    let (of_key, into_key): (Vec<&str>, Vec<&str>) = tables
        .iter()
        .filter(|table| digest::is_recorded(table))
        .flat_map(AuditedTable::functions)
        .filter_map(|name| {
            let function = objects.function(&name)?;
            let key = objects.relation(&digest::key())?;
            Some((function.oid.as_str(), key.oid.as_str()))
        })
        .unzip();
    let is_readable = |name: &QualifiedName| {
        let relation = objects.relation(name);
        relation.filter(|relation| objects.readable.contains(&relation.oid))
    };
    let readable: Vec<(&str, &QualifiedName)> = is_readable(&digest::key())
        .map(|relation| (relation.oid.as_str(), &relation.name))
        .into_iter()
        .collect();
    let mut queries = vec![
        catalog::columns(&roots),
        catalog::constraints(&audits),
        catalog::indexes(&roots),
        catalog::triggers(&all, &functions),
        catalog::rules(&audits),
        catalog::policies(&audits),
        catalog::grants(&granted, &functions, &schemas),
        catalog::owner_rights(&of_pair, &into_pair, "INSERT"),
        catalog::owner_rights(&of_key, &into_key, "SELECT"),
        catalog::counts(&readable),
        catalog::states(is_readable(&core::audited()).map(|relation| &relation.name)),
        catalog::look_alikes(&partitioned),
        catalog::subscriptions(&all),
    ];
    for sequence in objects.sequences.iter().filter(|s| s.is_readable) {
        let mut audits = objects.relations.iter();
        if let Some(audit) = audits.find(|r| r.oid == sequence.table) {
            queries.push(catalog::position(&sequence.name, &audit.name, &audit.oid));
        }
    }
    queries
}
