//! The rights of three roles: who owns the audit, who changes it, and who
//! writes to the tables that it is of.

mod check;
mod parts;
mod rights;

use std::fmt::Write;

use super::core;
use crate::migration::LockTimeout;
use diesel_audit_model::names::MAX_IDENTIFIER_BYTES;
use diesel_audit_model::quote::{comment, dollar, identifier, literal};
use diesel_audit_model::table::AuditedTable;

/// Three roles, and how much the last one may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    owner: String,
    migrator: String,
    application: String,
    read_history: bool,
}

impl Roles {
    /// `owner` owns the audit tables and the trigger functions, and nobody logs
    /// in as it. `migrator` owns the audited tables, runs migrations, and is a
    /// member of the owner. `application` reads and writes the audited tables,
    /// and reads their history if `read_history` says so.
    ///
    /// # Errors
    /// A name that no role can have, and one that is there twice.
    pub fn new(
        owner: &str,
        migrator: &str,
        application: &str,
        read_history: bool,
    ) -> Result<Roles, String> {
        let names = [owner, migrator, application];
        for (n, name) in names.into_iter().enumerate() {
            if let Some(problem) = problem(name) {
                return Err(format!("`{}` is not a role: {problem}", comment(name)));
            }
            if names[..n].contains(&name) {
                return Err(format!(
                    "the owner, the migrator and the application are three roles, and `{name}` is there twice"
                ));
            }
        }
        let [owner, migrator, application] = names.map(str::to_owned);
        Ok(Roles {
            owner,
            migrator,
            application,
            read_history,
        })
    }
}

/// <https://www.postgresql.org/docs/current/sql-createrole.html>
fn problem(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.contains('\0') {
        Some("it has no name that PostgreSQL takes")
    } else if name.len() > MAX_IDENTIFIER_BYTES {
        Some("PostgreSQL would cut its name at 63 bytes")
    } else if matches!(name, "public" | "none") || name.starts_with("pg_") {
        Some("PostgreSQL keeps this name for itself")
    } else {
        None
    }
}

/// The statements that give the roles their rights on these tables, in a
/// transaction of their own. They make the roles that are missing, pass over
/// tables that are missing, and may run again.
///
/// They are for a superuser, or for a role that has CREATEROLE, owns the
/// database and what is in it: it becomes a member of the three roles for the
/// transaction. At the end they look whether the application can still get past
/// the audit, by whichever right or membership, and undo everything if it can.
///
/// Names are looked up in `pg_catalog` only: a superuser should not run what
/// somebody has put on its `search_path`.
pub fn script(roles: &Roles, tables: &[&AuditedTable], lock_timeout: &LockTimeout) -> String {
    let [owner, migrator, application] =
        [&roles.owner, &roles.migrator, &roles.application].map(|name| identifier(name));
    let mut sql = format!(
        "-- {}\n\
         -- It is for a superuser, or for the owner of the database and its tables with CREATEROLE, and it\n\
         -- may run again: it has to after a migration that begins to audit a table.\n\
         BEGIN;\n\
         SET LOCAL search_path = pg_catalog, pg_temp;\n\
         SET LOCAL jit = off;\n\n\
         -- What is there stays as it is. A password is given elsewhere.\n",
        comment(&format!(
            "{owner} owns the audit, {migrator} owns the tables and migrates both, {application} writes to the tables."
        )),
    );
    for (name, login) in [
        (&owner, "NOLOGIN"),
        (&migrator, "LOGIN"),
        (&application, "LOGIN"),
    ] {
        let body = format!(
            "\nBEGIN\n    \
                 IF to_regrole({}) IS NULL THEN\n        \
                     CREATE ROLE {name} {login};\n    \
                 END IF;\n\
             END\n",
            literal(name)
        );
        push(&mut sql, &format!("DO {};", dollar(&body)));
    }
    push(
        &mut sql,
        &format!(
            "\nCREATE TEMPORARY TABLE audit_roles ON COMMIT DROP AS SELECT\n    \
                 {}::regrole AS owner, {}::regrole AS migrator, {}::regrole AS application, {} AS reads_history;\n\
             CREATE TEMPORARY TABLE audit_joined (role regrole) ON COMMIT DROP;\n\
             CREATE TEMPORARY TABLE audit_tables (\n    \
                 source_schema text, source text, history_schema text, history text, seals text, functions text[]\n\
             ) ON COMMIT DROP;",
            literal(&owner),
            literal(&migrator),
            literal(&application),
            roles.read_history,
        ),
    );
    for table in tables {
        push(&mut sql, &named(table));
    }
    for part in [JOIN, parts::FIND] {
        push(&mut sql, part);
    }
    push(&mut sql, &lock(lock_timeout));
    for part in [
        rights::TO_OWN,
        parts::MOVE,
        rights::OF_SCHEMAS,
        rights::OF_TABLES,
        LEAVE,
        check::CHECK,
    ] {
        push(&mut sql, part);
    }
    sql.push_str("COMMIT;\n");
    sql
}

/// All locks at once, where there is an audit.
fn lock(lock_timeout: &LockTimeout) -> String {
    let body = format!(
        "
DECLARE
    names constant text[] := ARRAY(SELECT name FROM audit_parts WHERE kind = 'TABLE' AND has <> wanted ORDER BY place, name);
BEGIN
    IF {} THEN
        PERFORM diesel_audit.lock({}, names, names);
    END IF;
END
",
        core::is_there(),
        literal(&lock_timeout.to_string()),
    );
    format!("DO {};", dollar(&body))
}

fn push(sql: &mut String, part: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(sql, "{}", part.trim_end());
}

fn named(table: &AuditedTable) -> String {
    let functions = table.functions().into_iter();
    let functions: Vec<String> = functions
        .map(|name| literal(&format!("{name}()")))
        .collect();
    format!(
        "INSERT INTO audit_tables VALUES ({}, {}, {}, {}, {}, ARRAY[{}]);",
        literal(&identifier(&table.source.schema)),
        literal(&table.source.to_string()),
        literal(&identifier(&table.audit.schema)),
        literal(&table.audit.to_string()),
        table
            .seal_table()
            .map_or_else(|| "NULL".to_owned(), |seals| literal(&seals.to_string())),
        functions.join(", "),
    )
}

/// Before PostgreSQL 16, whether a member has the rights of its role without
/// `SET ROLE` is a matter of the member.
///
/// <https://www.postgresql.org/docs/current/sql-grant.html#SQL-GRANT-DESCRIPTION-ROLES>
const JOIN: &str = r"
-- The migrator acts as the owner does. Whoever runs this and is no superuser needs to be all three, until the end.
DO $audit$
DECLARE
    by_grant constant boolean := current_setting('server_version_num')::integer >= 160000;
    options constant text := CASE WHEN by_grant THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END;
    runner constant regrole := quote_ident(current_user)::regrole;
    joined regrole;
BEGIN
    SELECT owner INTO STRICT joined FROM audit_roles;
    IF (SELECT rolcanlogin FROM pg_roles WHERE oid = joined) THEN
        EXECUTE format('ALTER ROLE %s NOLOGIN', joined);
    END IF;
    IF NOT (SELECT pg_has_role(migrator, owner, 'USAGE') FROM audit_roles) THEN
        EXECUTE (SELECT format('GRANT %s TO %s%s', owner, migrator, options) FROM audit_roles);
        IF NOT by_grant THEN
            EXECUTE (SELECT format('ALTER ROLE %s INHERIT', migrator) FROM audit_roles);
        END IF;
    END IF;
    FOR joined IN SELECT unnest(ARRAY[owner, migrator, application]) FROM audit_roles LOOP
        IF NOT pg_has_role(runner, joined, 'USAGE')
            OR by_grant AND NOT pg_has_role(runner, joined, CASE WHEN by_grant THEN 'SET' ELSE 'USAGE' END)
        THEN
            EXECUTE format('GRANT %s TO %s%s', joined, runner, options);
            INSERT INTO audit_joined VALUES (joined);
        END IF;
    END LOOP;
END
$audit$;
";

const LEAVE: &str = r"
DO $audit$
DECLARE
    runner constant regrole := quote_ident(current_user)::regrole;
    joined regrole;
BEGIN
    FOR joined IN SELECT role FROM audit_joined LOOP
        EXECUTE format('REVOKE %s FROM %s', joined, runner);
    END LOOP;
END
$audit$;
";
