//! Another role than the owner of the database.

use std::error::Error;

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::support::{count, run};

/// A role without any rights, which may log in. It goes, with what it owns,
/// before its database does.
pub(crate) struct Role {
    url: String,
    name: String,
}

impl Role {
    /// Names it after the database, since roles belong to the whole server.
    pub(crate) fn create(database: &Database, suffix: &str) -> Role {
        let role = Role {
            url: database.url().to_owned(),
            name: format!("{}_{suffix}", database.name()),
        };
        run(
            &mut database.connect(),
            &format!("CREATE ROLE {} LOGIN", role.name),
        );
        role
    }

    /// The name, which needs no quoting.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A connection that works as this role, also by its `session_user`.
    pub(crate) fn connect(&self) -> PgConnection {
        let mut conn = PgConnection::establish(&self.url).expect("a connection");
        run(
            &mut conn,
            &format!("SET SESSION AUTHORIZATION {}", self.name),
        );
        conn
    }

    fn remove(&self) -> Result<(), Box<dyn Error>> {
        let mut conn = PgConnection::establish(&self.url)?;
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
pub(crate) fn may_make_roles(conn: &mut PgConnection) -> bool {
    let superuser = count(
        conn,
        "SELECT count(*) FROM pg_roles WHERE rolname = session_user AND rolsuper",
    ) == 1;
    if !superuser {
        eprintln!("skipped: the tests' role is not a superuser, so it cannot work as others");
    }
    superuser
}
