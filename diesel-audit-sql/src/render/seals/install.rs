//! The table of the seals and the index that belongs to them, as they come, move
//! and go.

use std::fmt::Write;

use super::COLUMNS;
use diesel_audit_model::names::{self, CORE_SCHEMA};
use diesel_audit_model::quote::{identifier, literal};
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// Creates both where they are missing; nothing for a table that is not sealed.
/// Nobody but its owner gets at the seals.
pub(crate) fn create(table: &AuditedTable) -> Option<String> {
    let seals = table.seal_table()?;
    Some(create_table(&seals) + &create_index(&table.audit) + &close(&seals))
}

pub(crate) fn create_table(seals: &QualifiedName) -> String {
    let columns = COLUMNS.map(|(name, sql_type)| {
        let constraint = match name {
            "seal_id" => format!(" CONSTRAINT {} PRIMARY KEY", identifier(&key(seals))),
            "row_count" | "columns" | "rows_digest" | "digest" | "sealed_at" => {
                " NOT NULL".to_owned()
            }
            _ => String::new(),
        };
        format!("    {name} {sql_type}{constraint}")
    });
    format!(
        "CREATE TABLE IF NOT EXISTS {seals} (\n{}\n);\n",
        columns.join(",\n"),
    )
}

fn key(seals: &QualifiedName) -> String {
    names::cut(&format!("{}_pkey", seals.name)).into_owned()
}

/// The sealer finds the new rows by it. BRIN, since the numbers of transactions
/// come about in the order of the rows.
pub(crate) fn create_index(audit: &QualifiedName) -> String {
    format!(
        "CREATE INDEX IF NOT EXISTS {} ON {audit} USING brin (audit_transaction_id);\n",
        identifier(&names::transaction_index(&audit.name)),
    )
}

/// The index with its schema.
pub(crate) fn index(audit: &QualifiedName) -> QualifiedName {
    QualifiedName::new(audit.schema.clone(), names::transaction_index(&audit.name))
}

/// Takes away what `ALTER DEFAULT PRIVILEGES` has granted on the seals.
pub(crate) fn close(seals: &QualifiedName) -> String {
    let seals = literal(&seals.to_string());
    format!("SELECT {CORE_SCHEMA}.take_rights({seals});\n")
}

/// Ends the seals of a table that goes on without; nothing for another one. What
/// is moved is there under its new name already.
pub(crate) fn end(old: &AuditedTable, new: &AuditedTable) -> Option<String> {
    if !old.policy.seals || new.policy.seals {
        return None;
    }
    let seals = QualifiedName::new(new.audit.schema.clone(), names::seal_table(&new.audit.name));
    Some(format!(
        "DROP INDEX IF EXISTS {};\n{}",
        index(&new.audit),
        leave(&seals)
    ))
}

/// Takes the seals along with an audit table that was moved or renamed. The index
/// is in the schema of its table.
pub(crate) fn moved(old: &AuditedTable, new: &AuditedTable) -> Option<String> {
    let mut seals = old.seal_table()?;
    let to = QualifiedName::new(new.audit.schema.clone(), names::seal_table(&new.audit.name));
    let mut sql = String::new();
    if seals.schema != to.schema {
        // Writing to a String cannot fail.
        let _ = writeln!(
            sql,
            "ALTER TABLE {seals} SET SCHEMA {};",
            identifier(&to.schema)
        );
        seals.schema = to.schema.clone();
    }
    if seals.name != to.name {
        let _ = writeln!(
            sql,
            "ALTER TABLE {seals} RENAME TO {};",
            identifier(&to.name)
        );
        let indexes = [
            (key(&seals), key(&to)),
            (
                names::transaction_index(&old.audit.name),
                names::transaction_index(&new.audit.name),
            ),
        ];
        for (before, after) in indexes {
            let _ = writeln!(
                sql,
                "ALTER INDEX IF EXISTS {} RENAME TO {};",
                QualifiedName::new(to.schema.clone(), before),
                identifier(&after),
            );
        }
    }
    Some(sql)
}

/// What is sealed stays so after the seals have ended: they go if there are none.
fn leave(seals: &QualifiedName) -> String {
    let seals = literal(&seals.to_string());
    format!("SELECT {CORE_SCHEMA}.leave_table({seals});\n")
}
