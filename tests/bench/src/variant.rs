//! The candidates: the same table four times, each in a database of its own.

mod article;
mod floor;
mod seed;

use audit_test_server::{Database, Server};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::PooledConnection;
use diesel_audit::{AuditContext, AuditManager, AuditPool, Audited, install};
use uuid::Uuid;

use crate::Outcome;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// No audit.
    None,
    /// The application writes both rows, in one statement.
    Floor,
    /// A trigger with the semantics of sqlalchemy-postgresql-audit's.
    Seed,
    /// Ours.
    Audit,
}

impl Variant {
    pub(crate) const ALL: [Variant; 4] =
        [Variant::None, Variant::Floor, Variant::Seed, Variant::Audit];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Variant::None => "no audit",
            Variant::Floor => "floor: both rows by hand",
            Variant::Seed => "the seed's trigger",
            Variant::Audit => "diesel-audit",
        }
    }

    /// A data-modifying statement as this variant sends it.
    pub(crate) fn statement(self, dml: &str, operation: char) -> String {
        match self {
            Variant::Floor => floor::statement(dml, operation),
            Variant::None | Variant::Seed | Variant::Audit => dml.to_owned(),
        }
    }

    pub(crate) fn audit_table(self) -> Option<&'static str> {
        match self {
            Variant::None => None,
            Variant::Seed => Some(seed::AUDIT_TABLE),
            Variant::Floor | Variant::Audit => Some(floor::AUDIT_TABLE),
        }
    }

    /// A database with `rows` articles, from 1, that none of the audit saw.
    pub(crate) fn database(self, server: &Server, rows: i64) -> Outcome<Database> {
        let database = server.create_database()?;
        let mut conn = database.connect();
        article::create(&mut conn, rows)?;
        match self {
            Variant::None => {}
            Variant::Floor => floor::create(&mut conn)?,
            Variant::Seed => conn.batch_execute(&seed::create())?,
            Variant::Audit => install(&mut conn, &[article::Article::audited_table()?])?,
        }
        Ok(database)
    }
}

/// A variant in its database, with one connection that carries the context.
pub(crate) struct Candidate {
    pub(crate) variant: Variant,
    pub(crate) conn: PooledConnection<AuditManager>,
    /// The server's process, where it can be seen.
    pub(crate) pid: Option<i32>,
    _database: Database,
}

/// All the candidates, each with `rows` articles.
pub(crate) fn candidates(server: &Server, rows: i64) -> Outcome<Vec<Candidate>> {
    Variant::ALL
        .into_iter()
        .map(|variant| candidate(server, variant, rows))
        .collect()
}

fn candidate(server: &Server, variant: Variant, rows: i64) -> Outcome<Candidate> {
    let database = variant.database(server, rows)?;
    let mut conn = connect(&database)?;
    let pid = diesel::select(pg_backend_pid()).get_result::<i32>(&mut conn)?;
    Ok(Candidate {
        variant,
        conn,
        pid: server.backend_is_local().then_some(pid),
        _database: database,
    })
}

/// A connection that carries the context of all figures.
pub(crate) fn connect(database: &Database) -> Outcome<PooledConnection<AuditManager>> {
    let context = AuditContext::new()
        .set("username", "alice")?
        .set("request", Uuid::from_u128(7))?;
    Ok(AuditPool::new(database.url())?.get_audited(&context)?)
}

diesel::define_sql_function! {
    fn pg_backend_pid() -> Integer;
}
