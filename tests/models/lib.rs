//! What tests of several packages share: audited models, the check that
//! committed migrations are what the models say, the dump of a database, and
//! a role without rights.

pub mod context;
pub mod dump;
pub mod generated;
pub mod models;
pub mod role;
pub mod schema;

/// README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
