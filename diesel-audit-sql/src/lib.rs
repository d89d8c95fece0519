//! Every line of SQL of diesel-audit, and what is decided about it.
//!
//! [`core`] is what every database has once. [`evolution`] says which [`Step`]s lead from
//! what is installed to what is declared, `render` writes them, and [`mod@migration`] makes files
//! of them. [`verify`] holds a description against a catalog; [`baseline`], [`reconcile`] and
//! [`seals`] decide about the pages of theirs. Nothing here does I/O, and the same
//! description always gives the same bytes.
//!
//! Applications use the `diesel-audit` crate, which re-exports what they need.

pub mod baseline;
pub mod context;
pub mod core;
pub mod evolution;
mod marker;
pub mod migration;
pub mod reconcile;
pub mod refusal;
pub mod render;
pub mod roles;
pub mod seals;
pub mod state;
pub mod step;
pub mod verify;

pub use baseline::{BaselineBatch, Baselined};
pub use evolution::{Change, Declared, Installed, Options, Retired, after, difference};
pub use migration::{LockTimeout, Migration, Script, migration};
pub use reconcile::{Discrepancy, DiscrepancyKind, Incomparable, Reconciled};
pub use render::keyset::KeyProblem;
pub use seals::{Seal, SealDigest, SealProblem};
pub use step::Step;
