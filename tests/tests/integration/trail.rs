//! The typed side: what was written through Diesel comes back as typed rows.

use bigdecimal::BigDecimal;
use diesel::dsl::sql_query;
use diesel::prelude::*;
use diesel_audit::{AuditConnection, AuditError, Operation};
use diesel_audit_tests::models::{
    Kind, KindAudit, OrderLine, OrderLineAudit, Plan, User, UserAudit, kinds_audit, users_audit,
};
use diesel_audit_tests::schema::{kinds, order_lines, users};
use uuid::Uuid;

use crate::migrated::{context, database, pool, request};

#[test]
fn a_row_from_its_insert_to_its_end() {
    let database = database();
    let pool = pool(&database);
    let mut conn = pool.get_audited(&request("ada", 1)).expect("a connection");
    let user: User = diesel::insert_into(users::table)
        .values((
            users::email.eq("o'brien@example.org"),
            users::earlier_plans.eq(vec![Some(Plan::Free), None]),
            users::tags.eq(vec![Some("a\"b"), None]),
        ))
        .returning(User::as_returning())
        .get_result(&mut conn)
        .expect("inserted");
    drop(conn);

    let mut conn = pool.get_audited(&context("ben")).expect("a connection");
    diesel::update(users::table.find(user.id))
        .set((
            users::plan.eq(Plan::Paid),
            users::tags.eq(None::<Vec<Option<String>>>),
        ))
        .execute(&mut conn)
        .expect("updated");
    diesel::delete(users::table.find(user.id))
        .execute(&mut conn)
        .expect("deleted");

    let history: Vec<UserAudit> = User::history(user.id).load(&mut conn).expect("a history");
    let [inserted, updated, deleted] = &history[..] else {
        panic!("three rows, not {history:#?}");
    };
    let who = |row: &UserAudit| {
        (
            row.audit_operation,
            row.audit_username.clone(),
            row.audit_request_id,
        )
    };
    let ben = Some("ben".to_owned());
    assert_eq!(
        who(inserted),
        (
            Operation::Insert,
            Some("ada".into()),
            Some(Uuid::from_u128(1))
        )
    );
    assert_eq!(who(updated), (Operation::Update, ben.clone(), None));
    assert_eq!(who(deleted), (Operation::Delete, ben, None));
    let recorded = |row: &UserAudit| User {
        id: row.id.expect("id"),
        email: row.email.clone().expect("email"),
        plan: row.plan.expect("plan"),
        earlier_plans: row.earlier_plans.clone().expect("earlier plans"),
        tags: row.tags.clone(),
        created_at: row.created_at.expect("created at"),
    };
    let after = User {
        plan: Plan::Paid,
        tags: None,
        ..user.clone()
    };
    assert_eq!(recorded(inserted), user);
    assert_eq!(recorded(updated), after);
    assert_eq!(recorded(deleted), after);
    assert!(inserted.audit_id < updated.audit_id && updated.audit_id < deleted.audit_id);
    assert!(inserted.audit_operation_timestamp <= updated.audit_operation_timestamp);
    assert_ne!(inserted.audit_transaction_id, updated.audit_transaction_id);
    assert_eq!(inserted.audit_session_user, inserted.audit_current_user);
    assert_eq!(
        inserted.clone(),
        history[0],
        "a companion can be cloned and compared"
    );
}

/// Not in the struct, in the table: recorded. Excluded: not even a column.
#[test]
fn all_columns_of_the_table_but_the_excluded_ones() {
    let database = database();
    let mut conn = database.connect();
    conn.audited(&context("ada"), |conn| {
        sql_query("INSERT INTO users (email, visits) VALUES ('a@b', 7)").execute(conn)
    })
    .expect("inserted");
    let visits = sql_query("SELECT 1 FROM audit.users_audit WHERE visits = 7").execute(&mut conn);
    assert_eq!(visits, Ok(1));
    let hash = sql_query(
        "SELECT 1 FROM information_schema.columns WHERE table_schema = 'audit' AND column_name = 'password_hash'",
    )
    .execute(&mut conn);
    assert_eq!(hash, Ok(0));
}

#[test]
fn a_composite_key_in_another_schema() {
    let database = database();
    let mut conn = pool(&database)
        .get_audited(&context("ada"))
        .expect("a connection");
    diesel::insert_into(order_lines::table)
        .values((
            order_lines::order_id.eq(1),
            order_lines::line.eq(2),
            order_lines::sku.eq("ab "),
            order_lines::price.eq(BigDecimal::from(10)),
        ))
        .execute(&mut conn)
        .expect("inserted");
    diesel::update(order_lines::table.find((1, 2)))
        .set(order_lines::line.eq(3))
        .execute(&mut conn)
        .expect("the key changed");

    let old: Vec<OrderLineAudit> = OrderLine::history((1, 2))
        .load(&mut conn)
        .expect("a history");
    let new: Vec<OrderLineAudit> = OrderLine::history((1, 3))
        .load(&mut conn)
        .expect("a history");
    let operations = |rows: &[OrderLineAudit]| -> Vec<Operation> {
        rows.iter().map(|row| row.audit_operation).collect()
    };
    assert_eq!(
        operations(&old),
        [Operation::Insert, Operation::Delete],
        "the old key ends"
    );
    assert_eq!(operations(&new), [Operation::Update]);
    assert_eq!(
        old[0].sku.as_deref(),
        Some("ab      "),
        "padded as in the table"
    );
    assert_eq!(
        old[0].total,
        Some(BigDecimal::from(12)),
        "generated by PostgreSQL"
    );
}

#[test]
fn names_of_its_own_and_no_settings() {
    let database = database();
    let mut conn = database.connect();
    let kind = Kind {
        id: Uuid::from_u128(9),
        r#type: "a".into(),
        mixed_case: Some(true),
        document: Some(serde_json::json!({"b": [1, null]})),
    };
    // Without settings, no context is asked for.
    diesel::insert_into(kinds::table)
        .values((
            kinds::id.eq(kind.id),
            kinds::type_.eq(&kind.r#type),
            kinds::mixed_case.eq(kind.mixed_case),
            kinds::document.eq(&kind.document),
        ))
        .execute(&mut conn)
        .expect("inserted");
    sql_query("TRUNCATE \"type\"")
        .execute(&mut conn)
        .expect("truncated");
    let history: Vec<KindAudit> = Kind::history(kind.id).load(&mut conn).expect("a history");
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].r#type.as_deref(), Some("a"));
    assert_eq!(history[0].document, kind.document);
    let all = kinds_audit::table.count().get_result::<i64>(&mut conn);
    assert_eq!(all, Ok(1), "its TRUNCATE is not recorded");
}

/// The audit table is a Diesel table like any other.
#[test]
fn filters_joins_and_boxed_queries() {
    let database = database();
    let mut conn = pool(&database)
        .get_audited(&context("ada"))
        .expect("a connection");
    for email in ["a@b", "c@d"] {
        diesel::insert_into(users::table)
            .values(users::email.eq(email))
            .execute(&mut conn)
            .expect("inserted");
    }
    let inserts: Vec<UserAudit> = users_audit::table
        .filter(users_audit::audit_operation.eq(Operation::Insert))
        .filter(users_audit::plan.eq(Plan::Free))
        .select(UserAudit::as_select())
        .load(&mut conn)
        .expect("rows");
    assert_eq!(inserts.len(), 2);
    let emails: Vec<(String, Option<String>)> = users::table
        .inner_join(users_audit::table.on(users_audit::id.eq(users::id.nullable())))
        .order(users::id)
        .select((users::email, users_audit::audit_username))
        .load(&mut conn)
        .expect("a join");
    let ada = Some("ada".to_owned());
    assert_eq!(
        emails,
        [("a@b".to_owned(), ada.clone()), ("c@d".to_owned(), ada)]
    );
    let last: UserAudit = User::history(1)
        .filter(users_audit::audit_username.eq("ada"))
        .limit(1)
        .get_result(&mut conn)
        .expect("a row");
    assert_eq!(last.email.as_deref(), Some("a@b"));
}

#[test]
fn a_refusal_names_the_table_and_the_setting() {
    let database = database();
    let mut conn = pool(&database)
        .get_unaudited("nobody")
        .expect("a connection");
    let refused = sql_query("INSERT INTO users (email) VALUES ('a@b')")
        .execute(&mut conn)
        .map_err(AuditError::from)
        .expect_err("nobody said who");
    assert_eq!(refused.code(), Some("ZA001"));
    let AuditError::SettingMissing(_) = &refused else {
        panic!("another error: {refused:?}");
    };
    let shown = refused.to_string();
    assert!(
        shown.contains("audit.username") && shown.contains("users"),
        "{shown}"
    );
    assert_eq!(users::table.count().get_result::<i64>(&mut conn), Ok(0));
}

/// A truncate is one row; its columns of the source are empty.
#[test]
fn a_truncate_is_one_row() {
    let database = database();
    let mut conn = database.connect();
    conn.audited(&context("ada"), |conn| {
        sql_query("INSERT INTO users (email) VALUES ('a@b'), ('c@d')").execute(conn)?;
        sql_query("TRUNCATE users").execute(conn)
    })
    .expect("truncated");
    let rows: Vec<UserAudit> = users_audit::table
        .filter(users_audit::audit_operation.eq(Operation::Truncate))
        .select(UserAudit::as_select())
        .load(&mut conn)
        .expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].id, rows[0].audit_username.as_deref()),
        (None, Some("ada"))
    );
}
