//! Whether the statements that were counted did their work: a backend without a client tells
//! nobody how many rows it changed.

use audit_test_server::Database;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use super::Write;
use crate::Outcome;
use crate::variant::Variant;

pub(super) fn version(database: &Database) -> Outcome<String> {
    let version = sql::<Text>("current_setting('server_version')");
    Ok(diesel::select(version).get_result(&mut database.connect())?)
}

/// Each row is inserted, updated or deleted, and has its audit row. `rows` were there at first.
pub(super) fn written(
    database: &Database,
    variant: Variant,
    rows: i64,
    writes: &[Write],
) -> Outcome {
    let expected = ['I', 'U', 'D'].map(|operation| {
        let writes = writes.iter().filter(|write| write.operation == operation);
        writes.map(Write::keys).sum::<i64>()
    });
    let mut conn = database.connect();
    let mut counts = |query: &str| -> QueryResult<Vec<i64>> {
        diesel::select(sql::<Array<BigInt>>(query)).get_result(&mut conn)
    };
    // The quantity is the key, until an update adds one.
    let changed = counts(&format!(
        "ARRAY[
            (SELECT count(*) FROM article WHERE id > {rows}),
            (SELECT count(*) FROM article WHERE id <= {rows} AND quantity = id + 1),
            {rows} - (SELECT count(*) FROM article WHERE id <= {rows})
        ]"
    ))?;
    let recorded = match variant.audit_table() {
        Some(audit_table) => counts(&format!(
            "ARRAY(SELECT count(*) FROM {audit_table} GROUP BY audit_operation
                ORDER BY position(audit_operation IN 'IUD'))"
        ))?,
        None => changed.clone(),
    };
    if changed != expected || recorded != expected {
        return Err(format!(
            "{}: {changed:?} rows were changed and {recorded:?} recorded, not {expected:?}",
            variant.title()
        )
        .into());
    }
    Ok(())
}
