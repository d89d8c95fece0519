//! The models of `migrations/`.

use std::io::Write;

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel_audit::Audited;
use uuid::Uuid;

use crate::context::RequestContext;
use crate::schema::{self, sql_types, users};

diesel::allow_tables_to_appear_in_same_query!(users, users_audit);

/// Fewer fields than the table has columns, and one that is not recorded.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = schema::users, check_for_backend(Pg))]
#[audit(
    context_type = crate::context::RequestContext,
    exclude(password_hash)
)]
pub struct User {
    /// The key.
    pub id: i64,
    /// A varchar, which Diesel knows as Text.
    pub email: String,
    /// An enum of PostgreSQL.
    #[audit(sql_type = sql_types::Plan)]
    pub plan: Plan,
    /// An array of it.
    #[audit(sql_type = Array<Nullable<sql_types::Plan>>)]
    pub earlier_plans: Vec<Option<Plan>>,
    /// An array that may be missing.
    pub tags: Option<Vec<Option<String>>>,
    /// Set by PostgreSQL.
    pub created_at: DateTime<Utc>,
}

/// A composite key, in another schema, with a `char(8)` and a generated column.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = schema::order_lines, primary_key(order_id, line), check_for_backend(Pg))]
#[audit(
    source_schema = "shop",
    context_type = RequestContext,
    session_settings(username: Text, request_id: Nullable<Uuid>)
)]
pub struct OrderLine {
    /// The first part of the key.
    pub order_id: i64,
    /// The second part of the key.
    pub line: i32,
    /// Padded by PostgreSQL.
    pub sku: String,
    /// Two decimals.
    pub price: BigDecimal,
    /// Computed by PostgreSQL.
    pub total: Option<BigDecimal>,
}

/// Names that need quoting, and names of its own for the audit.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = schema::kinds, check_for_backend(Pg))]
#[audit(
    source_table = "type",
    table = "kinds_of_things",
    schema = "history",
    function = "Record Kinds",
    trigger = "!kinds",
    operations(insert, update, delete)
)]
pub struct Kind {
    /// The key.
    pub id: Uuid,
    /// A reserved word.
    #[diesel(column_name = type_)]
    pub r#type: String,
    /// A column in mixed case, with a blank.
    #[audit(sql_name = "Mixed Case")]
    pub mixed_case: Option<bool>,
    /// A document.
    pub document: Option<serde_json::Value>,
}

/// PostgreSQL's enum `plan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Plan)]
pub enum Plan {
    /// Costs nothing.
    Free,
    /// Is paid for.
    Paid,
}

impl ToSql<sql_types::Plan, Pg> for Plan {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(match self {
            Plan::Free => b"free",
            Plan::Paid => b"paid",
        })?;
        Ok(IsNull::No)
    }
}

impl FromSql<sql_types::Plan, Pg> for Plan {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        match bytes.as_bytes() {
            b"free" => Ok(Plan::Free),
            b"paid" => Ok(Plan::Paid),
            _ => Err("unknown label of plan".into()),
        }
    }
}
