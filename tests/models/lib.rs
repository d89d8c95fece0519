//! What tests of several packages share: audited models, the check that
//! committed migrations are what the models say, and the dump of a database.

pub mod dump;
pub mod generated;
pub mod models;
pub mod schema;

/// README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
