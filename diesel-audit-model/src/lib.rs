//! What an audited table is: plain data that the other crates of diesel-audit share.
//!
//! The derive describes a model as an [`AuditedTable`], and the subcommand reads the same
//! from the sources. This crate names the parts and says which rules they have to obey. It
//! does no I/O and depends on nothing.
//!
//! Applications use the `diesel-audit` crate, which re-exports what they need.

pub mod check;
pub mod condition;
pub mod names;
pub mod operation;
pub mod policy;
pub mod quote;
pub mod table;
pub mod types;
pub mod value;

pub use check::{Problem, Problems};
pub use operation::{Operation, RowOperation};
pub use policy::{ContextScope, Operations, Policy, SessionFact, Unaudited};
pub use table::{AuditedTable, Column, QualifiedName, Recording, Setting, StoredColumn};
pub use types::PgType;
