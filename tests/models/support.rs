//! What the tests and runs of the generated SQL share: the description of a
//! table that is there, statements with and without a context, another role.
//! What has to succeed panics where it does not.
//!
//! These tests go without the derive: what they take for granted is only
//! that `table!` says what `diesel print-schema` writes.

mod describe;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel_audit_model::AuditedTable;
use diesel_audit_model::quote::literal;
use diesel_audit_sql::Step;
use diesel_audit_sql::core;
use diesel_audit_sql::refusal::Refusal;

pub use crate::dump::dump;
pub use crate::role::{Role, may_make_roles};
pub use describe::{describe, public, setting};

/// Gives the transaction that is open its user, as `audited` does.
pub const ALICE: &str = "SELECT pg_catalog.set_config('audit.username', 'alice', true), \
     pg_catalog.set_config('audit.context', pg_catalog.concat(extract(epoch FROM pg_catalog.now()), ' tx <username:text>'), true)";

/// Gives the session its user, as a checkout of the pool does.
pub const ALICE_FOR_SESSION: &str = "SELECT pg_catalog.set_config('audit.username', 'alice', false), \
     pg_catalog.set_config('audit.context', pg_catalog.concat(pg_catalog.to_hex(pg_catalog.pg_backend_pid()), ' session <username:text>'), false)";

/// Gives the transaction that is open, and has a context, one setting more. The
/// value is an expression.
pub fn also(name: &str, value: &str) -> String {
    format!(
        "SELECT pg_catalog.set_config('audit.{name}', {value}, true), \
         pg_catalog.set_config('audit.context', pg_catalog.concat(pg_catalog.current_setting('audit.context'), '<{name}:text>'), true)"
    )
}

/// Describes and installs a table of the schema `public`.
pub fn audit(conn: &mut PgConnection, name: &str) -> AuditedTable {
    let table = describe(conn, public(name));
    install(conn, &table);
    table
}

/// Begins the audit of a table, in place of one by another description.
pub fn install(conn: &mut PgConnection, table: &AuditedTable) {
    conn.transaction(|conn| {
        conn.batch_execute(core::INSTALL)?;
        conn.batch_execute(&core::forget(table))?;
        conn.batch_execute(&Step::Install(table.clone()).render())
    })
    .unwrap_or_else(|error: diesel::result::Error| {
        panic!("cannot audit {}: {error}", table.source)
    });
}

/// Runs a step as a migration would: in one transaction, after the core.
pub fn apply(conn: &mut PgConnection, step: Step) -> QueryResult<()> {
    conn.transaction(|conn| {
        conn.batch_execute(core::INSTALL)?;
        conn.batch_execute(&step.render())
    })
}

/// Runs statements that must succeed.
pub fn run(conn: &mut PgConnection, statements: &str) {
    conn.batch_execute(statements)
        .unwrap_or_else(|error| panic!("{error}, by: {}", start(statements)));
}

/// Statements that run past the triggers of a table of the schema `public`.
pub fn past_the_triggers(table: &str, statements: &str) -> String {
    format!(
        "ALTER TABLE {table} DISABLE TRIGGER ALL; {statements}; {}",
        enable_triggers(table)
    )
}

/// Lets all triggers of a table fire.
pub fn enable_triggers(table: &str) -> String {
    format!(
        "DO $enable$ DECLARE name text; BEGIN
             FOR name IN SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal LOOP
                 EXECUTE format('ALTER TABLE {table} ENABLE ALWAYS TRIGGER %I', name);
             END LOOP;
         END $enable$"
    )
}

/// Runs statements that must succeed in one transaction of Alice's.
pub fn run_as_alice(conn: &mut PgConnection, statements: &str) {
    run(conn, &format!("BEGIN; {ALICE}; {statements}; COMMIT"));
}

/// The first column of the rows, which are texts.
pub fn texts(conn: &mut PgConnection, query: &str) -> Vec<Option<String>> {
    sql::<Nullable<Text>>(query)
        .load(conn)
        .unwrap_or_else(|error| panic!("{error}, by: {}", start(query)))
}

/// The one value that a query gives, as a text.
pub fn text(conn: &mut PgConnection, query: &str) -> String {
    sql::<Text>(query)
        .get_result(conn)
        .unwrap_or_else(|error| panic!("{error}, by: {}", start(query)))
}

/// The one number that a query gives.
pub fn count(conn: &mut PgConnection, query: &str) -> i64 {
    sql::<BigInt>(query)
        .get_result(conn)
        .unwrap_or_else(|error| panic!("{error}, by: {}", start(query)))
}

/// The server's version, for instance 15.
pub fn major_version(conn: &mut PgConnection) -> i64 {
    count(
        conn,
        "SELECT current_setting('server_version_num')::bigint / 10000",
    )
}

/// Whether the server has an extension; the test that asks is skipped without it.
#[allow(clippy::print_stderr)] // A skipped test says so.
pub fn has_extension(conn: &mut PgConnection, name: &str) -> bool {
    let available = count(
        conn,
        &format!("SELECT count(*) FROM pg_available_extensions WHERE name = '{name}'"),
    ) == 1;
    if !available {
        eprintln!("skipped: the server has no extension {name}");
    }
    available
}

/// The letters of all operations that an audit table holds, in order.
pub fn operations(conn: &mut PgConnection, table: &AuditedTable) -> String {
    let query = format!(
        "SELECT coalesce(string_agg(audit_operation, '' ORDER BY audit_id), '') FROM {}",
        table.audit
    );
    text(conn, &query)
}

/// The start of a statement, for a message: some hold a megabyte.
pub fn start(statements: &str) -> String {
    statements.chars().take(500).collect()
}

/// An error of the database, with what Diesel does not show of it.
#[derive(Debug, PartialEq)]
pub struct Refused {
    /// The code, of five characters.
    pub sqlstate: String,
    /// The constraint, where a refusal of ours has its name.
    pub constraint: String,
    /// The schema of that table.
    pub schema: String,
    /// The table that the error is about.
    pub table: String,
    /// The column that the error is about.
    pub column: String,
    /// The message, without detail and hint.
    pub message: String,
}

impl Refused {
    /// Whether it is that refusal of ours, in both of its forms.
    pub fn is(&self, refusal: Refusal) -> bool {
        self.sqlstate == refusal.sqlstate() && self.constraint == refusal.constraint()
    }
}

/// Runs a statement in a transaction of its own, after `context`, which may be
/// empty. What the statement did is undone when it is refused.
pub fn attempt(
    conn: &mut PgConnection,
    context: &str,
    statement: &str,
) -> Result<(), Box<Refused>> {
    prepare_attempt(conn);
    let query = format!("SELECT pg_temp.attempt({})", literal(statement));
    let error: Option<Vec<String>> = conn
        .transaction(|conn| {
            if !context.is_empty() {
                conn.batch_execute(context)?;
            }
            sql::<Nullable<Array<Text>>>(&query).get_result(conn)
        })
        .unwrap_or_else(|error| panic!("{error}, after {context}, by: {}", start(statement)));
    let Some(error) = error else { return Ok(()) };
    let [sqlstate, constraint, schema, table, column, message]: [String; 6] =
        error.try_into().expect("six texts");
    Err(Box::new(Refused {
        sqlstate,
        constraint,
        schema,
        table,
        column,
        message,
    }))
}

/// A function of this connection, for whichever role it is at the moment.
fn prepare_attempt(conn: &mut PgConnection) {
    const MISSING: &str = "SELECT pg_catalog.count(*) FROM (VALUES (1)) AS one (one) \
         WHERE pg_catalog.to_regprocedure('pg_temp.attempt(pg_catalog.text)') IS NULL";
    if count(conn, MISSING) == 0 {
        return;
    }
    run(
        conn,
        "CREATE FUNCTION pg_temp.attempt(statement pg_catalog.text) RETURNS pg_catalog.text[]
             LANGUAGE plpgsql AS $$
         DECLARE
             code pg_catalog.text; restriction pg_catalog.text; namespace pg_catalog.text;
             relation pg_catalog.text; field pg_catalog.text; message pg_catalog.text;
         BEGIN
             EXECUTE statement;
             RETURN NULL;
         EXCEPTION WHEN OTHERS THEN
             GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, restriction = CONSTRAINT_NAME,
                 namespace = SCHEMA_NAME, relation = TABLE_NAME, field = COLUMN_NAME,
                 message = MESSAGE_TEXT;
             RETURN ARRAY[code, restriction, namespace, relation, field, message];
         END
         $$",
    );
}
