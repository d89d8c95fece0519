//! What `#[derive(Audited)]` implements.

use diesel_audit_model::{AuditedTable, Problems, check};
use diesel_audit_sql::Step;

/// A model whose table is audited.
///
/// Implement it by `#[derive(Audited)]`, which takes the description of the
/// table from the model's `table!` and its `#[audit(..)]` attributes. Nothing
/// here touches a database: the description and the SQL come from the types
/// alone, so the same sources always give the same bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not audited",
    label = "not an audited model",
    note = "add `#[derive(Audited)]` to the struct"
)]
pub trait Audited {
    /// The struct for a row of the audit table, for example `UserAudit`.
    type Audit;

    /// The audited table: all columns of the source table with their types in
    /// PostgreSQL, also those that the model has no field for.
    ///
    /// # Errors
    /// What the sources contradict themselves in, all at once: for example a
    /// `table!` of another schema than the derive took it to be in, or a column
    /// whose type PostgreSQL does not have.
    fn audited_table() -> Result<AuditedTable, Problems>;

    /// The SQL that begins to audit the table, for a migration that is written by hand
    /// or any other way to run it; it is meant for one transaction. It begins with the
    /// core, which all audited tables of a database share: the schema `diesel_audit`
    /// with what migrations and trigger functions call. A database that has the core
    /// keeps it as it is.
    ///
    /// # Errors
    /// As [`audited_table`](Audited::audited_table), and what
    /// [`check`](check::check) finds in the description.
    fn up_sql() -> Result<String, Problems> {
        Ok(install::<Self>()?.render_with_core())
    }

    /// The SQL that undoes [`up_sql`](Audited::up_sql): triggers and functions
    /// go, the core, the audit table and its rows stay. An audit table without a row goes
    /// too, unless something depends on it.
    ///
    /// # Errors
    /// As [`up_sql`](Audited::up_sql).
    fn down_sql() -> Result<String, Problems> {
        Ok(install::<Self>()?.inverse().render())
    }
}

fn install<M: Audited + ?Sized>() -> Result<Step, Problems> {
    let table = M::audited_table()?;
    check::check(&table)?;
    Ok(Step::Install(table))
}
