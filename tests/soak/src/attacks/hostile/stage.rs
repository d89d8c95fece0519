//! The database with everything hostile in it, and the roles.

use std::error::Error;

use audit_test_server::{Database, Server};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_audit_tests::hostile::{self, Reach};

use super::paths::{EVERYTHING, FUNCTIONS, OPERATORS, Path};
use super::report::Report;
use super::{changes, models};

pub(super) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Roles belong to the whole server, so they are named after the database.
pub(super) struct Roles {
    /// Another superuser than that of the tests, whose own sessions have nothing hostile.
    pub(super) superuser: String,
    pub(super) migrator: String,
    pub(super) owner: String,
    pub(super) application: String,
}

pub(super) struct Stage {
    /// The tests' own session, which meets nothing hostile.
    pub(super) conn: PgConnection,
    pub(super) roles: Roles,
    pub(super) path: Path,
    pub(super) report: Report,
    /// Whether the writes to a table are one act, instead of one each.
    pub(super) quick: bool,
    /// What has made those that have the names of ours.
    pub(super) decoys: String,
    // Goes after its roles.
    database: Database,
}

/// The schemas of ours, which go between two scenes.
pub(super) const OURS: [&str; 2] = ["trail", "diesel_audit"];

impl Stage {
    pub(super) fn set(server: &Server, quick: bool) -> Outcome<Stage> {
        let database = server.create_database()?;
        let mut conn = database.connect();
        let superuser = sql::<Bool>("SELECT rolsuper FROM pg_roles WHERE rolname = session_user");
        if !superuser.get_result(&mut conn)? {
            return Err("hostile objects need a server on which roles may be made".into());
        }
        hostile::prepare(&mut conn, &hostile::words()?)?;
        conn.batch_execute(models::CREATE)?;
        for (schema, reach) in [(OPERATORS, Reach::ByCast), (EVERYTHING, Reach::Everything)] {
            hostile::operators(&mut conn, schema, reach, &models::TYPES)?;
        }
        hostile::functions(&mut conn, FUNCTIONS, Reach::ByCast)?;
        hostile::functions(&mut conn, EVERYTHING, Reach::Everything)?;
        let shadows = hostile::shadows(&mut conn, EVERYTHING)?;
        conn.batch_execute(&shadows)?;
        let name = |suffix| format!("{}_{suffix}", database.name());
        let mut stage = Stage {
            conn,
            roles: Roles {
                superuser: name("superuser"),
                migrator: name("migrator"),
                owner: name("owner"),
                application: name("app"),
            },
            path: Path::Clean,
            report: Report::default(),
            quick,
            decoys: String::new(),
            database,
        };
        stage.make_roles()?;
        Ok(stage)
    }

    fn make_roles(&mut self) -> Outcome<()> {
        let Roles {
            superuser,
            migrator,
            owner,
            application,
        } = &self.roles;
        self.conn.batch_execute(&format!(
            "CREATE ROLE {superuser} LOGIN SUPERUSER; CREATE ROLE {migrator} LOGIN; \
             CREATE ROLE {owner} LOGIN; CREATE ROLE {application} LOGIN; \
             GRANT USAGE ON SCHEMA shop TO PUBLIC"
        ))?;
        Ok(())
    }

    /// Everybody's sessions have this path from now on.
    pub(super) fn take(&mut self, path: Path) -> Outcome<()> {
        self.path = path;
        let database = self.database.name();
        let Roles {
            superuser,
            migrator,
            owner,
            application,
        } = &self.roles;
        for role in [superuser, migrator, owner, application] {
            self.conn.batch_execute(&format!(
                "ALTER ROLE {role} IN DATABASE {database} SET search_path = {}",
                path.setting()
            ))?;
        }
        Ok(())
    }

    /// As before the first migration, with a few rows, and all of it that role's.
    pub(super) fn reset(&mut self, role: &str) -> Outcome<()> {
        let (database, application) = (self.database.name(), &self.roles.application);
        let mut script = format!(
            "DROP SCHEMA IF EXISTS {} CASCADE; GRANT CREATE ON DATABASE {database} TO {role}; \
             GRANT USAGE, CREATE ON SCHEMA shop TO {role}; ALTER SCHEMA shop OWNER TO {role};",
            OURS.join(", ")
        );
        // Where a scene has ended half way.
        let altered = sql::<Bool>("SELECT to_regclass('shop.altered') IS NOT NULL");
        if altered.get_result(&mut self.conn)? {
            script += changes::UNDO;
        }
        for partition in ["parts_low", "parts_high"] {
            script += &format!("ALTER TABLE shop.{partition} OWNER TO {role};");
        }
        for table in models::TABLES_OF_THE_APPLICATION {
            // With no right that an earlier scene has given or taken.
            script += &format!(
                "ALTER TABLE shop.{table} OWNER TO {role}; TRUNCATE shop.{table}; \
                 INSERT INTO shop.{table} (id, part, name, active) VALUES (1, 1, 'a', true), (2, 1, 'b', NULL); \
                 GRANT ALL ON shop.{table} TO {application}, {role};"
            );
        }
        Ok(self.conn.batch_execute(&script)?)
    }

    pub(super) fn role<'a>(&self, role: &'a str) -> &'a str {
        role.strip_prefix(self.database.name())
            .map_or(role, |suffix| suffix.trim_start_matches('_'))
    }

    /// Where that role logs in.
    pub(super) fn url(&self, role: &str) -> Outcome<String> {
        let url = self.database.url();
        let (scheme, rest) = url.split_once("://").ok_or("a URL of another form")?;
        let (_, address) = rest.rsplit_once('@').ok_or("a URL without a user")?;
        Ok(format!("{scheme}://{role}@{address}"))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let gone = self.conn.batch_execute(
            "DO $$
             DECLARE
                 role regrole;
             BEGIN
                 FOR role IN SELECT oid FROM pg_roles WHERE starts_with(rolname, current_database() || '_') LOOP
                     EXECUTE format('REASSIGN OWNED BY %s TO CURRENT_USER', role);
                     EXECUTE format('DROP OWNED BY %s CASCADE', role);
                     EXECUTE format('DROP ROLE %s', role);
                 END LOOP;
             END $$",
        );
        if let Err(error) = gone {
            eprintln!("roles stay on the server: {error}");
        }
    }
}
