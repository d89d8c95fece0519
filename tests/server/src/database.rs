//! A database that lasts as long as its owner.

use diesel::{Connection, PgConnection};

use crate::{Kind, Server, ServerError, sql, unique};

/// A database for one test, dropped with this value, even while connections to it are open.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
    admin_url: String,
}

impl Database {
    pub(crate) fn create(server: &Server) -> Result<Self, ServerError> {
        let name = unique::name();
        // The other template may hold what the owner of the server put into it.
        let statement = format!("CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'");
        sql::run(server.admin_url(), &statement).map_err(|why| refused(server, &why))?;
        Ok(Self {
            url: server.url(&name),
            admin_url: server.admin_url().to_owned(),
            name,
        })
    }

    /// The connection URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name, which begins with `audit_test_` and needs no quoting.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens a connection.
    ///
    /// # Panics
    ///
    /// When the server does not let us in.
    pub fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url)
            .unwrap_or_else(|error| panic!("cannot connect to the database {}: {error}", self.name))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server may be gone, with this database, and a test that ends has nobody to tell.
        let statement = format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name);
        drop(sql::run(&self.admin_url, &statement));
    }
}

fn refused(server: &Server, why: &str) -> ServerError {
    ServerError::new(match server.kind() {
        Kind::Url => format!(
            "cannot create a database on the server of DATABASE_URL: {why}; its role needs \
             CREATEDB (ALTER ROLE ... CREATEDB)"
        ),
        kind => format!("cannot create a database on the {kind} server: {why}"),
    })
}
