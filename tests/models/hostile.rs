//! Operators, functions, types and relations that somebody has put in the way of
//! PostgreSQL's, each of which counts how often it is used.
//!
//! PostgreSQL takes `a = b` for the operator of exactly these two types if there is one
//! in any schema of the path, and only then looks for casts. So whatever
//! `pg_catalog` has by a cast only can be taken from it by a schema that stands after
//! it; a schema before it can take everything, and `pg_temp` types and relations.
//!
//! <https://www.postgresql.org/docs/current/typeconv-oper.html>

mod counts;
mod words;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

pub use counts::{bound, calls, forget, wait_for_others};
pub use words::{Words, words};

/// What a schema takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// What `pg_catalog` has by a cast only: enough for any schema of a path.
    ByCast,
    /// What it has for exactly these types, too: for a schema before it.
    Everything,
}

/// The types that our statements meet most, and that stand in long lists of arguments.
const OFTEN: &str = r#"{bool,"\"char\"",name,text,oid,regclass,int4,regtype}"#;

const SELDOM: &str = r#"{varchar,bpchar,regproc,regprocedure,regnamespace,regrole,int2,int8,numeric,float4,float8,
    bytea,uuid,json,jsonb,timestamptz,timestamp,date,time,interval,xid,xid8,cid,tid,pg_lsn,inet,cidr,aclitem,
    int2vector,oidvector,pg_node_tree,record,text[],name[],"\"char\"[]",varchar[],oid[],regclass[],
    int2[],int4[],int8[],bool[],bytea[],uuid[],aclitem[]}"#;

/// Learns what `pg_catalog` knows, in schemas of its own; to be done once in a
/// database, by a superuser, as everything here.
///
/// # Errors
/// The database's.
pub fn prepare(conn: &mut PgConnection, words: &Words) -> QueryResult<()> {
    let [called, all] = [&words.called, &words.all].map(|words| array(words));
    conn.transaction(|conn| {
        for file in [
            include_str!("hostile/known.sql"),
            include_str!("hostile/made.sql"),
            include_str!("hostile/shadows.sql"),
        ] {
            conn.batch_execute(file)?;
        }
        conn.batch_execute(&format!(
            "SELECT lab.learn('{OFTEN}', true), lab.learn('{SELDOM}', false);
             SELECT lab.learn_functions({called}), lab.learn_shadows({all})"
        ))
    })?;
    // Stays for every session from the next one on.
    conn.batch_execute(
        "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I SET track_functions = ''all''', pg_catalog.current_database()); END $$",
    )
}

/// Makes operators of such a reach, for the types that are known and these types of the
/// database as well. Types may be added by a further call.
///
/// # Errors
/// The database's.
pub fn operators(
    conn: &mut PgConnection,
    schema: &str,
    reach: Reach,
    types: &[&str],
) -> QueryResult<()> {
    let types = array(types);
    pinned(
        conn,
        &format!(
            "SELECT lab.learn({types}::regtype[], false); SELECT lab.learn_operators();
             {} SELECT lab.make_operators('{schema}', {})",
            schema_for(schema),
            reach == Reach::Everything
        ),
    )
}

/// Makes functions of such a reach, of the names that were prepared.
///
/// # Errors
/// The database's.
pub fn functions(conn: &mut PgConnection, schema: &str, reach: Reach) -> QueryResult<()> {
    pinned(
        conn,
        &format!(
            "{} SELECT lab.make_functions('{schema}', {})",
            schema_for(schema),
            reach == Reach::Everything
        ),
    )
}

/// The statements that make types and relations of PostgreSQL's names in a schema, for
/// any role: in `pg_temp`, too, where they are found before all others.
///
/// # Errors
/// The database's.
pub fn shadows(conn: &mut PgConnection, schema: &str) -> QueryResult<String> {
    statements(conn, &format!("lab.shadows('{schema}')"))
}

/// The statements that make tables in a schema that have the names of these ones.
///
/// # Errors
/// The database's.
pub fn decoys(conn: &mut PgConnection, schema: &str, tables: &[String]) -> QueryResult<String> {
    let tables = array(tables);
    statements(conn, &format!("lab.decoys('{schema}', {tables})"))
}

/// The statements that make functions in a schema that have the names and arguments of those in
/// the schemas `ours`. No function is looked for in `pg_temp`.
///
/// # Errors
/// The database's.
pub fn decoy_functions(
    conn: &mut PgConnection,
    schema: &str,
    ours: &[&str],
) -> QueryResult<String> {
    let ours = array(ours);
    statements(conn, &format!("lab.decoy_functions('{schema}', {ours})"))
}

fn statements(conn: &mut PgConnection, function: &str) -> QueryResult<String> {
    let query = format!("SELECT statement FROM {function} AS f (statement)");
    let statements: Vec<String> = sql::<Text>(&query).load(conn)?;
    Ok(statements.into_iter().map(|s| s + ";\n").collect())
}

/// Somebody's schema, which all may use.
fn schema_for(schema: &str) -> String {
    format!("CREATE SCHEMA IF NOT EXISTS {schema}; GRANT USAGE ON SCHEMA {schema} TO PUBLIC;")
}

/// In a transaction that does not see what it makes.
fn pinned(conn: &mut PgConnection, statements: &str) -> QueryResult<()> {
    conn.transaction(|conn| {
        conn.batch_execute("SET LOCAL search_path = pg_catalog")?;
        conn.batch_execute(statements)
    })
}

/// None of these words has a quote in it.
fn array<T: AsRef<str>>(words: &[T]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    format!("'{{{}}}'", words.join(","))
}
