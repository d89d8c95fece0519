//! What tests of several packages share: audited models, the check that
//! committed migrations are what the models say, the dump of a database, a role
//! without rights, hostile names, seals, the comparison of a table with its history,
//! and whether that is a chain.

pub mod chain;
pub mod compare;
pub mod context;
pub mod dump;
pub mod generated;
pub mod hostile;
pub mod models;
pub mod names;
pub mod role;
pub mod schema;
pub mod seals;
pub mod support;

/// README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
