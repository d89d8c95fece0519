//! The one reader of `#[audit(..)]`, for the derive and for tools that read
//! sources without compiling them.
//!
//! It turns the tokens of a struct into a [`Model`]: what was declared, with
//! the names and SQL types that follow from it. Nothing here knows more than
//! the tokens; what the compiler knows is checked in the code that the derive
//! generates.

mod contents;
mod context;
mod conventions;
mod demands;
mod diesel;
mod diesel_types;
mod fields;
mod message;
mod model;
mod names;
mod pg_types;
mod recorded;
mod rules;
mod sql_type;
mod words;

pub use context::{Context, context, settings};
pub use conventions::{ManifestProblem, conventions};
pub use diesel_types::name as diesel_name;
pub use model::{Field, Model, Setting, model};
pub use names::{AuditNames, audit_names};
pub use pg_types::{multirange_of, pg_type, postgres_type, range_of};
