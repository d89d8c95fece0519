//! What an audited table is, and every line of SQL of diesel-audit.
//!
//! The derive describes a model as an [`AuditedTable`]; this crate names its
//! parts, checks it and renders it as SQL. Nothing here does I/O, and the same
//! description always gives the same bytes.
//!
//! Applications use the `diesel-audit` crate, which re-exports what they need.

pub mod baseline;
pub mod check;
pub mod condition;
pub mod evolution;
#[cfg(feature = "parse")]
pub mod lock;
pub mod migration;
pub mod names;
#[cfg(feature = "parse")]
pub mod parse;
pub mod quote;
pub mod reconcile;
pub mod seals;
pub mod sql;
pub mod state;
pub mod step;
pub mod table;
pub mod types;
pub mod value;
pub mod verify;

pub use baseline::{BaselineBatch, Baselined};
pub use check::{Problem, Problems};
pub use evolution::{Change, Declared, Installed, Options, Retired, after, difference};
pub use migration::{LockTimeout, Migration, Script, migration};
pub use reconcile::{Discrepancy, DiscrepancyKind, Incomparable, Reconciled};
pub use seals::{Seal, SealDigest, SealProblem};
pub use sql::keyset::KeyProblem;
pub use step::Step;
pub use table::{
    AuditedTable, Column, ContextScope, Operation, Operations, QualifiedName, Recording,
    RowOperation, SessionFact, Setting, StoredColumn, Unaudited,
};
pub use types::PgType;
