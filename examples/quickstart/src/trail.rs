//! The trail as a person reads it.

use diesel::prelude::*;
use diesel_audit::Operation;

use crate::models::{Customer, CustomerAudit, orders_audit, stock_audit};

/// The history of one customer as an aligned table: when, who, in which
/// request, the operation, and what it changed.
pub fn of_customer(conn: &mut PgConnection, id: i64) -> QueryResult<String> {
    let history: Vec<CustomerAudit> = Customer::history(id).load(conn)?;
    let mut rows = vec![["when", "who", "request", "operation", "what changed"].map(String::from)];
    for (n, row) in history.iter().enumerate() {
        let before = n.checked_sub(1).map(|n| &history[n]);
        rows.push([
            row.audit_operation_timestamp.to_string(),
            row.audit_username.clone().unwrap_or_default(),
            row.audit_request_id
                .map(|id| format!("{:08x}", id.as_u128()))
                .unwrap_or_default(),
            row.audit_operation.to_string(),
            changes(before, row),
        ]);
    }
    Ok(aligned(&rows))
}

fn changes(before: Option<&CustomerAudit>, after: &CustomerAudit) -> String {
    let fields = |row: &CustomerAudit| {
        [
            ("name", row.name.clone()),
            ("email", row.email.clone()),
            ("phone", row.phone.clone()),
        ]
    };
    let old = before.map(fields).unwrap_or_default();
    let changed: Vec<String> = fields(after)
        .into_iter()
        .zip(old)
        .filter(|((_, new), (_, old))| new != old)
        .map(|((name, new), (_, old))| match (old, new) {
            (None, new) => format!("{name}: {}", shown(new)),
            (old, new) => format!("{name}: {} -> {}", shown(old), shown(new)),
        })
        .collect();
    changed.join(", ")
}

fn shown(value: Option<String>) -> String {
    value.unwrap_or_else(|| "nothing".to_owned())
}

fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..COLUMNS).map(|c| width(c).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, &w)| format!("{cell:w$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// What the other tables' histories hold, counted by Diesel queries.
pub fn summary(conn: &mut PgConnection) -> QueryResult<String> {
    let orders: i64 = orders_audit::table.count().get_result(conn)?;
    let by_cleo: i64 = stock_audit::table
        .filter(stock_audit::audit_username.eq("cleo"))
        .count()
        .get_result(conn)?;
    let truncated: i64 = stock_audit::table
        .filter(stock_audit::audit_operation.eq(Operation::Truncate))
        .count()
        .get_result(conn)?;
    Ok(format!(
        "{orders} changes of orders, {by_cleo} changes of the stock by cleo, {truncated} of them a truncate"
    ))
}
