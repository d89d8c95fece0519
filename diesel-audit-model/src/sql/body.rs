//! How the text of a function body is put together.

use std::fmt::Write;

use crate::names;
use crate::quote::literal;
use crate::sql::refusal::Refusal;
use crate::table::{AuditedTable, QualifiedName, Setting};

pub(super) fn line(body: &mut String, depth: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(body, "{:indent$}{text}", "", indent = depth * 4);
}

/// Refuses a write to the source table.
pub(super) fn raise(
    body: &mut String,
    depth: usize,
    table: &AuditedTable,
    refusal: Refusal,
    setting: Option<&Setting>,
    message: &str,
    hint: &str,
) {
    let column = setting.map_or_else(String::new, |setting| {
        format!(
            " COLUMN = {},",
            literal(&names::setting_column(&setting.name))
        )
    });
    raise_on(body, depth, &table.source, refusal, &column, message, hint);
}

/// Diesel shows an error's constraint and column, and not its SQLSTATE: both
/// carry the code.
pub(super) fn raise_on(
    body: &mut String,
    depth: usize,
    table: &QualifiedName,
    refusal: Refusal,
    column: &str,
    message: &str,
    hint: &str,
) {
    line(
        body,
        depth,
        &format!(
            "RAISE EXCEPTION USING ERRCODE = {}, CONSTRAINT = {}, SCHEMA = {}, TABLE = {},{column}",
            literal(refusal.sqlstate()),
            literal(refusal.constraint()),
            literal(&table.schema),
            literal(&table.name),
        ),
    );
    line(
        body,
        depth + 1,
        &format!("MESSAGE = {}, HINT = {};", literal(message), literal(hint)),
    );
}
