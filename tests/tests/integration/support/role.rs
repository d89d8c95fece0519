//! Another role than the owner of the database.

use audit_test_server::Database;
use diesel::prelude::*;

use crate::support::{count, run};

/// A role without any rights, which may log in. It goes, with what it owns,
/// before its database does.
pub(crate) struct Role<'a> {
    database: &'a Database,
    name: String,
}

impl<'a> Role<'a> {
    /// Names it after the database, since roles belong to the whole server.
    pub(crate) fn create(database: &'a Database, suffix: &str) -> Role<'a> {
        let name = format!("{}_{suffix}", database.name());
        run(
            &mut database.connect(),
            &format!("CREATE ROLE {name} LOGIN"),
        );
        Role { database, name }
    }

    /// The name, which needs no quoting.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A connection that works as this role, also by its `session_user`.
    pub(crate) fn connect(&self) -> PgConnection {
        let mut conn = self.database.connect();
        run(
            &mut conn,
            &format!("SET SESSION AUTHORIZATION {}", self.name),
        );
        conn
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        let statements =
            format!("SET lock_timeout = '10s'; DROP OWNED BY {name} CASCADE; DROP ROLE {name}");
        let dropped = diesel::connection::SimpleConnection::batch_execute(
            &mut self.database.connect(),
            &statements,
        );
        if let Err(error) = dropped {
            eprintln!("the role {name} stays on the server: {error}");
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
