//! Audit tables for [Diesel] and PostgreSQL: who changed which row, when and
//! why.
//!
//! - `#[derive(Audited)]` on a model describes the audited table, and makes the
//!   audit table's `table!` and a typed struct for its rows.
//! - [`Audited::up_sql`] and [`Audited::down_sql`] are the text of a migration;
//!   [`install`] runs it for a set of models. `baseline` begins the history of
//!   rows that were there before, and `reconcile` compares rows with theirs.
//!   `seal` and `verify_seals` show that audit rows are what was committed.
//! - [`struct@AuditContext`] says who and why, and so does a struct of the
//!   application with `#[derive(AuditContext)]`: for one transaction by
//!   [`AuditConnection::audited`], for one checkout by [`AuditPool`]. On
//!   diesel-async it is [`AsyncAuditConnection::audited`], [`bb8::AuditPool`] and
//!   [`deadpool::AuditPool`]. [`Ambient`] finds it where it is not passed.
//! - [`AuditError`] is a typed refusal.
//!
//! # Crate features
//!
//! Named as Diesel's own. `derive`, `postgres`, `r2d2` and `32-column-tables`
//! are on by default; without `postgres` no libpq is linked.
//!
//! - `derive`: the derive macros.
//! - `postgres`: [`AuditConnection`] for `PgConnection`, `baseline`,
//!   `reconcile`, `seal` and `verify_seals`.
//! - `r2d2`: [`AuditPool`], [`AuditManager`] and [`AuditCustomizer`].
//! - `async`: [`AsyncAuditConnection`] for diesel-async's `AsyncPgConnection`,
//!   which needs no libpq; `bb8` and `deadpool`: the pools for it.
//! - `migrations`: [`HarnessWithContext`] for `diesel_migrations`.
//! - `chrono`, `time`: conversions of [`Timestamp`].
//! - `uuid`, `serde_json`: session settings of the types `Uuid` and `Jsonb`.
//! - `32-column-tables`, `64-column-tables`, `128-column-tables`: how many
//!   columns an audit table may have in Rust.
//!
//! [Diesel]: https://diesel.rs
#![cfg_attr(docsrs, feature(doc_cfg))]

mod ambient;
#[cfg(any(feature = "bb8", feature = "deadpool"))]
mod async_manager;
#[cfg(feature = "async")]
mod async_scope;
mod audited;
#[cfg(feature = "postgres")]
mod baseline;
#[cfg(feature = "bb8")]
pub mod bb8;
#[cfg(any(feature = "r2d2", feature = "bb8", feature = "deadpool"))]
mod checkout;
mod client_addr;
mod context;
mod context_settings;
#[cfg(any(feature = "r2d2", feature = "bb8", feature = "deadpool"))]
mod customizer;
#[cfg(feature = "deadpool")]
pub mod deadpool;
mod digest;
#[cfg(any(feature = "r2d2", feature = "bb8", feature = "deadpool"))]
mod direct;
mod error;
mod install;
mod local;
mod metadata;
#[cfg(feature = "migrations")]
mod migrations;
mod on_change;
mod operation;
#[cfg(feature = "postgres")]
mod pages;
#[cfg(feature = "r2d2")]
mod pool;
#[doc(hidden)]
pub mod private;
#[cfg(feature = "postgres")]
mod reconcile;
mod redacted;
#[cfg(feature = "postgres")]
mod scope;
#[cfg(any(feature = "postgres", feature = "async"))]
mod seal;
#[cfg(any(feature = "r2d2", feature = "bb8", feature = "deadpool"))]
mod session;
mod setting_type;
#[cfg(any(feature = "postgres", feature = "async"))]
mod settings;
#[cfg(any(feature = "postgres", feature = "async"))]
mod statement;
#[cfg(feature = "r2d2")]
mod sync_session;
mod timestamp;
mod to_audit_context;
mod verify;

pub use ambient::Ambient;
#[cfg(any(feature = "bb8", feature = "deadpool"))]
pub use async_manager::{AsyncAuditManager, AsyncConnector};
#[cfg(feature = "async")]
pub use async_scope::{AsyncAuditConnection, AsyncFunc};
pub use audited::Audited;
#[cfg(feature = "postgres")]
pub use baseline::{Baseline, BaselineOptions, baseline};
pub use client_addr::ClientAddr;
pub use context::{AuditContext, MAX_VALUE_BYTES, SettingProblem};
#[cfg(any(feature = "r2d2", feature = "bb8", feature = "deadpool"))]
pub use customizer::AuditCustomizer;
/// # Example
///
/// ```
/// use diesel::prelude::*;
/// use diesel_audit::{AuditContext, AuditError, Audited, ToAuditContext};
///
/// diesel::table! {
///     users (id) {
///         id -> BigInt,
///         email -> Text,
///     }
/// }
///
/// #[derive(AuditContext)]
/// struct RequestContext<'a> {
///     username: &'a str,
///     request_id: Option<i64>,
/// }
///
/// #[derive(Queryable, Selectable, Identifiable, Audited)]
/// #[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
/// #[audit(context_type = RequestContext)]
/// struct User {
///     id: i64,
///     email: String,
/// }
///
/// let of_seven = User::history(7).filter(users_audit::audit_username.eq("ben"));
///
/// let request = RequestContext { username: "ben", request_id: None };
/// assert_eq!(request.to_audit_context()?.get("username"), Some("ben"));
/// # Ok::<(), AuditError>(())
/// ```
#[cfg(feature = "derive")]
pub use diesel_audit_derive::AuditContext;
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
/// assert!(migration.contains("ON public.users"));
/// ```
#[cfg(feature = "derive")]
pub use diesel_audit_derive::Audited;
pub use diesel_audit_model::{AuditedTable, Problem, Problems};
pub use diesel_audit_sql::verify::{Code, Finding, Verification};
pub use diesel_audit_sql::{
    BaselineBatch, Baselined, Discrepancy, DiscrepancyKind, Incomparable, KeyProblem, Reconciled,
    Seal, SealDigest, SealProblem, Step,
};
pub use digest::Digest;
pub use error::{AuditError, RefusedWrite};
pub use install::{install, uninstall};
#[cfg(feature = "migrations")]
pub use migrations::HarnessWithContext;
pub use on_change::OnChange;
pub use operation::Operation;
#[cfg(feature = "r2d2")]
pub use pool::{AuditManager, AuditPool};
#[cfg(feature = "postgres")]
pub use reconcile::{Reconcile, ReconcileOptions, reconcile};
pub use redacted::Redacted;
#[cfg(feature = "postgres")]
pub use scope::AuditConnection;
#[cfg(feature = "postgres")]
pub use seal::{seal, seal_after_restore, verify_seals};
#[cfg(feature = "async")]
pub use seal::{seal_async, verify_seals_async};
pub use setting_type::SettingType;
pub use timestamp::{Timestamp, TimestampOutOfRange};
pub use to_audit_context::ToAuditContext;
pub use verify::verify;
#[cfg(feature = "async")]
pub use verify::verify_async;
