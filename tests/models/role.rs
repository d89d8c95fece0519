//! Another role than the owner of the database.

// A test's output tells what it has skipped.
#![allow(clippy::print_stderr)]

use std::error::Error;

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// A role without any rights, which may log in. It goes, with what it owns,
/// before its database does.
pub struct Role {
    url: String,
    name: String,
}

impl Role {
    /// Names it after the database, since roles belong to the whole server.
    ///
    /// # Panics
    /// When the server makes no such role.
    pub fn create(database: &Database, suffix: &str) -> Role {
        let role = Role::expected(database, suffix);
        database
            .connect()
            .batch_execute(&format!("CREATE ROLE {} LOGIN", role.name))
            .unwrap_or_else(|error| panic!("the role {} is not made: {error}", role.name));
        role
    }

    /// The same for a role that somebody else will make, or not.
    pub fn expected(database: &Database, suffix: &str) -> Role {
        Role {
            url: database.url().to_owned(),
            name: format!("{}_{suffix}", database.name()),
        }
    }

    /// The name, which needs no quoting.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection that works as this role, also by its `session_user`.
    ///
    /// # Panics
    /// When there is none.
    pub fn connect(&self) -> PgConnection {
        let mut conn = PgConnection::establish(&self.url).expect("a connection");
        conn.batch_execute(&format!("SET SESSION AUTHORIZATION {}", self.name))
            .unwrap_or_else(|error| panic!("nobody can work as {}: {error}", self.name));
        conn
    }

    fn remove(&self) -> Result<(), Box<dyn Error>> {
        let mut conn = PgConnection::establish(&self.url)?;
        let exists = format!("SELECT to_regrole('{}') IS NOT NULL", self.name);
        if !sql::<Bool>(&exists).get_result(&mut conn)? {
            return Ok(());
        }
        conn.batch_execute("SET lock_timeout = '10s'")?;
        conn.batch_execute(&format!("DROP OWNED BY {} CASCADE", self.name))?;
        conn.batch_execute(&format!("DROP ROLE {}", self.name))?;
        Ok(())
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            eprintln!("the role {} stays on the server: {error}", self.name);
        }
    }
}

/// Whether the tests' own role may make roles and work as them. The one of a
/// `DATABASE_URL` may be an ordinary one.
///
/// # Panics
/// When the server does not answer.
pub fn may_make_roles(conn: &mut PgConnection) -> bool {
    let superuser: bool = sql::<Bool>("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")
        .get_result(conn)
        .unwrap_or_else(|error| panic!("the server does not say who asks: {error}"));
    if !superuser {
        eprintln!("skipped: the tests' role is not a superuser, so it cannot work as others");
    }
    superuser
}
