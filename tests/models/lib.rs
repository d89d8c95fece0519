//! The audited models that the tests share, and the check that committed
//! migrations are what the models say.

pub mod generated;
pub mod models;
pub mod schema;

/// README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
