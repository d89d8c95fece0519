//! A baseline in the hands of Diesel.

use diesel::prelude::*;
use diesel_audit::{AuditConnection, Audited, BaselineOptions, Operation, baseline};
use diesel_audit_tests::models::{OrderLine, OrderLineAudit, User, UserAudit, users_audit};
use diesel_audit_tests::schema::users;

use crate::migrated::{context, database, request};
use crate::support::{past_the_triggers, run};

/// The history of a row begins with it, and the row is known as of any moment
/// since.
#[test]
fn the_history_begins_with_the_baseline() {
    let database = database();
    let mut conn = database.connect();
    run(
        &mut conn,
        &past_the_triggers(
            "users",
            "INSERT INTO users (id, email, plan) OVERRIDING SYSTEM VALUE VALUES (7, 'old@example.org', 'paid')",
        ),
    );
    let options = BaselineOptions::new()
        .context(&request("baseline", 1))
        .expect("options");
    let table = User::audited_table().expect("a table");
    let all = baseline(&mut conn, &table, options).and_then(|baseline| baseline.finish());
    assert_eq!(all.expect("a baseline").written, 1);
    conn.audited(&context("ada"), |conn| {
        diesel::update(users::table.find(7))
            .set(users::email.eq("new@example.org"))
            .execute(conn)
    })
    .expect("updated");

    let history: Vec<UserAudit> = User::history(7).load(&mut conn).expect("a history");
    let seen: Vec<_> = history
        .iter()
        .map(|row| {
            (
                row.audit_operation,
                row.audit_username.as_deref(),
                row.email.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (
                Operation::Baseline,
                Some("baseline"),
                Some("old@example.org")
            ),
            (Operation::Update, Some("ada"), Some("new@example.org")),
        ]
    );
    for row in &history {
        let as_of: Option<Option<String>> = users_audit::table
            .filter(users_audit::id.eq(7))
            .filter(users_audit::audit_operation_timestamp.le(row.audit_operation_timestamp))
            .order(users_audit::audit_id.desc())
            .select(users_audit::email)
            .first(&mut conn)
            .optional()
            .expect("as of");
        assert_eq!(as_of, Some(row.email.clone()));
    }
}

#[test]
fn a_composite_key_in_another_schema() {
    let database = database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "ALTER TABLE shop.order_lines DISABLE TRIGGER ALL;
         INSERT INTO shop.order_lines (order_id, line, sku, price) VALUES (1, 1, 'a', 1), (1, 2, 'b', 2), (10, 1, 'c', 3)",
    );
    let table = OrderLine::audited_table().expect("a table");
    let batches: Result<Vec<_>, _> =
        baseline(&mut conn, &table, BaselineOptions::new().batch_size(2))
            .expect("a baseline")
            .collect();
    let keys: Vec<String> = batches
        .expect("batches")
        .into_iter()
        .map(|batch| batch.last_key)
        .collect();
    assert_eq!(keys, ["{1,2}", "{10,1}"]);
    let history: Vec<OrderLineAudit> = OrderLine::history((1, 2))
        .load(&mut conn)
        .expect("a history");
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].sku.as_deref(), Some("b       "));
}
