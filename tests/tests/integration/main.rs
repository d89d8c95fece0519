//! The integration suite: a real PostgreSQL, a database for each test, and
//! real commits, since a test transaction would hide a context that leaks.
#![allow(missing_docs)]
// What a test skips, it has to say.
#![allow(clippy::print_stderr)]

mod baseline;
mod combinations;
mod context;
mod data_migrations;
mod evolution;
mod failure_modes;
mod identifiers;
mod index;
mod install_sql;
mod migrated;
mod migrations;
mod order;
mod reconcile;
mod record;
mod recording;
mod roles;
mod seals;
mod seed;
mod skip_unchanged;
mod trail;
mod trigger;
mod verify;
mod when;
mod zoo;

use diesel_audit_tests::support;
