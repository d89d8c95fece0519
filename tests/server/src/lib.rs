//! The PostgreSQL server of this workspace's tests, examples and figures.
//!
//! A test asks for a [`database`] and gets a fresh, empty one. The server behind it is found or
//! started at the first call, and all tests of a process share it. The first of these that is at
//! hand is used:
//!
//! 1. the server of `DATABASE_URL`, whose role must be allowed to create databases;
//! 2. a temporary cluster made with the server binaries (`initdb`, `postgres`) of the folder
//!    `PG_BIN`, of `PATH`, or of a usual place;
//! 3. a container of a Docker engine, of the image `AUDIT_TEST_IMAGE` (default `postgres:17`).
//!
//! `AUDIT_TEST_SERVER=url|local|docker` asks for one of them. `AUDIT_TEST_SERVER_OPTIONS` gives a
//! started server more settings, as words `name=value`: a started server does not wait for the
//! disk (`fsync=off`) unless told to. PostgreSQL 15 is the oldest that is accepted.
//!
//! A temporary cluster can be killed and started again ([`Server::kill`],
//! [`Server::start_again`]).
//!
//! # What stays behind
//!
//! Nothing of a started server: it is stopped and removed when its [`Server`] is dropped, and
//! likewise when the process ends in any other way, `kill -9` included, because a watching process
//! notices the end (see `watcher.rs`). For a container the watcher needs the `docker` command;
//! without it, a container outlives a process that ends without dropping its [`Server`], as the
//! shared one always does.
//!
//! On the server of `DATABASE_URL`, a killed process leaves its databases, which are named
//! `audit_test_*`.
//!
//! Neither asks for a password: a temporary cluster listens on 127.0.0.1, and a container on a port
//! of all addresses of the host, and whoever can connect there is the superuser of this throw-away
//! server.

#![forbid(unsafe_code)]

mod account;
mod address;
mod binaries;
mod choose;
mod database;
mod docker;
mod error;
mod local;
mod pgbouncer;
mod place;
mod plan;
mod processes;
mod server;
mod single;
mod sql;
mod unique;
mod upgrade;
mod watcher;

use std::sync::OnceLock;

pub use database::Database;
pub use error::ServerError;
pub use pgbouncer::{PgBouncer, PoolMode, StartupOptions};
pub use server::{Kind, Server};

/// The server that all tests of this process share, found or started at the first call.
///
/// # Errors
///
/// Says which ways to a server there are and why each is closed; every later call says the same.
pub fn server() -> Result<&'static Server, ServerError> {
    static SHARED: OnceLock<Result<Server, ServerError>> = OnceLock::new();
    SHARED
        .get_or_init(Server::find)
        .as_ref()
        .map_err(Clone::clone)
}

/// A fresh, empty database on the shared [`server`].
///
/// # Panics
///
/// Where there is no server, or it makes no database, with the message that says why.
pub fn database() -> Database {
    server()
        .and_then(Server::create_database)
        .unwrap_or_else(|error| panic!("{error}"))
}
