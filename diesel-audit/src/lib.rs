//! Audit tables for [Diesel] and PostgreSQL: who changed which row, when and
//! why.
//!
//! - `#[derive(Audited)]` on a model describes the audited table, and makes the
//!   audit table's `table!` and a typed struct for its rows.
//! - [`Audited::up_sql`] and [`Audited::down_sql`] are the text of a migration;
//!   [`install`] runs it for a set of models.
//! - [`AuditContext`] says who and why: for one transaction by
//!   [`AuditConnection::audited`], for one checkout by [`AuditPool`].
//! - [`AuditError`] is a typed refusal.
//!
//! # Crate features
//!
//! Named as Diesel's own. `derive`, `postgres`, `r2d2` and `32-column-tables`
//! are on by default; without `postgres` no libpq is linked.
//!
//! - `derive`: the derive macro.
//! - `postgres`: [`AuditConnection`] for `PgConnection`.
//! - `r2d2`: [`AuditPool`], [`AuditManager`] and [`AuditCustomizer`].
//! - `chrono`, `time`: conversions of [`Timestamp`].
//! - `uuid`, `serde_json`: session settings of the types `Uuid` and `Jsonb`.
//! - `32-column-tables`, `64-column-tables`, `128-column-tables`: how many
//!   columns an audit table may have in Rust.
//!
//! [Diesel]: https://diesel.rs
#![cfg_attr(docsrs, feature(doc_cfg))]

mod audited;
mod context;
#[cfg(feature = "r2d2")]
mod customizer;
#[cfg(all(feature = "postgres", feature = "r2d2"))]
mod direct;
mod error;
mod install;
mod metadata;
mod operation;
#[cfg(feature = "r2d2")]
mod pool;
#[doc(hidden)]
pub mod private;
#[cfg(feature = "postgres")]
mod scope;
#[cfg(feature = "r2d2")]
mod session;
mod setting_type;
#[cfg(feature = "postgres")]
mod statement;
mod timestamp;
mod to_audit_context;

pub use audited::Audited;
pub use context::{AuditContext, MAX_VALUE_BYTES, SettingProblem};
#[cfg(feature = "r2d2")]
pub use customizer::AuditCustomizer;
/// # Example
///
/// ```
/// use diesel::prelude::*;
/// use diesel_audit::Audited;
///
/// diesel::table! {
///     users (id) {
///         id -> BigInt,
///         email -> Text,
///     }
/// }
///
/// #[derive(Queryable, Selectable, Identifiable, Audited)]
/// #[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
/// #[audit(session_settings(username: Text))]
/// struct User {
///     id: i64,
///     email: String,
/// }
///
/// let of_seven = User::history(7)
///     .filter(users_audit::audit_username.eq("ben"))
///     .limit(10);
/// let migration = User::up_sql().expect("the model has no contradiction");
/// assert!(migration.contains(r#"ON "public"."users""#));
/// ```
#[cfg(feature = "derive")]
pub use diesel_audit_derive::Audited;
pub use diesel_audit_model::{AuditedTable, Problem, Problems, Step};
pub use error::{AuditError, RefusedWrite};
pub use install::{install, uninstall};
pub use operation::Operation;
#[cfg(feature = "r2d2")]
pub use pool::{AuditManager, AuditPool};
#[cfg(feature = "postgres")]
pub use scope::AuditConnection;
pub use setting_type::SettingType;
pub use timestamp::{Timestamp, TimestampOutOfRange};
pub use to_audit_context::ToAuditContext;
