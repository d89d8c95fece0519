//! `diesel-audit.lock`: what the last migration has installed, as a file beside
//! the migrations.
//!
//! It is TOML, with one line for each column, so that two branches which change
//! different things merge. The order of the tables and all bytes follow from
//! what is installed.

mod parse;
mod render;
#[cfg(test)]
mod tests;

pub use parse::{LockProblem, parse};
pub use render::render;

use diesel_audit_sql::evolution::Installed;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The version of the core that the migrations bring.
    pub core: u32,
    /// The audited tables.
    pub installed: Vec<Installed>,
}

/// The format of the file and the template of the trigger function that it
/// stands for.
const VERSION: i64 = 1;
