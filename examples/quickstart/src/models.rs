//! The shop's models. `Audited` is all that auditing adds to them.

use std::io::Write;

use bigdecimal::BigDecimal;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel_audit::Audited;

use crate::schema::sql_types;

/// Somebody who buys.
#[derive(Debug, Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = crate::schema::customers, check_for_backend(Pg))]
#[audit(session_settings(username: Text, request_id: Nullable<Uuid>, service: Nullable<Text>))]
pub struct Customer {
    /// The key.
    pub id: i64,
    /// The full name.
    pub name: String,
    /// Where the bill goes.
    pub email: String,
    /// Given by some.
    pub phone: Option<String>,
}

/// What a customer bought.
#[derive(Debug, Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = crate::schema::orders, check_for_backend(Pg))]
#[audit(session_settings(username: Text, request_id: Nullable<Uuid>, service: Nullable<Text>))]
pub struct Order {
    /// The key.
    pub id: i64,
    /// Who bought.
    pub customer_id: i64,
    /// How far it is.
    #[audit(sql_type = sql_types::OrderStatus)]
    pub status: OrderStatus,
    /// In euros.
    pub total: BigDecimal,
}

/// How many of an article lie at a site.
#[derive(Debug, Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = crate::warehouse_schema::warehouse::stock, primary_key(site, sku), check_for_backend(Pg))]
#[audit(source_schema = "warehouse", session_settings(username: Text, request_id: Nullable<Uuid>, service: Nullable<Text>))]
pub struct Stock {
    /// Where it lies.
    pub site: String,
    /// Which article.
    pub sku: String,
    /// How many.
    pub quantity: i32,
}

/// How far an order is; PostgreSQL's enum `order_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::OrderStatus)]
pub enum OrderStatus {
    /// Not paid yet.
    Open,
    /// Paid, and still here.
    Paid,
    /// On its way.
    Shipped,
}

impl OrderStatus {
    const LABELS: [(OrderStatus, &'static str); 3] = [
        (OrderStatus::Open, "open"),
        (OrderStatus::Paid, "paid"),
        (OrderStatus::Shipped, "shipped"),
    ];
}

impl ToSql<sql_types::OrderStatus, Pg> for OrderStatus {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        for (status, label) in OrderStatus::LABELS {
            if status == *self {
                out.write_all(label.as_bytes())?;
            }
        }
        Ok(IsNull::No)
    }
}

impl FromSql<sql_types::OrderStatus, Pg> for OrderStatus {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        OrderStatus::LABELS
            .into_iter()
            .find(|(_, label)| label.as_bytes() == bytes.as_bytes())
            .map(|(status, _)| status)
            .ok_or_else(|| "unknown label of order_status".into())
    }
}
