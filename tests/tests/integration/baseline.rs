//! The first audit rows of what was there before its audit.

mod concurrent;
mod typed;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{AuditContext, AuditError, BaselineOptions, Baselined, KeyProblem, baseline};
use diesel_audit_model::{AuditedTable, Recording};
use diesel_audit_sql::core;
use diesel_audit_sql::{LockTimeout, Step, migration};

use crate::support::{
    Role, audit, count, describe, has_extension, install, may_make_roles, operations, public, run,
    run_as_alice, text, texts,
};

fn options() -> BaselineOptions {
    BaselineOptions::new().batch_size(3)
}

fn finish(conn: &mut PgConnection, table: &AuditedTable) -> Baselined {
    let all = baseline(conn, table, options()).and_then(|baseline| baseline.finish());
    all.unwrap_or_else(|error| panic!("no baseline of {}: {error}", table.source))
}

/// Ten rows that were there before, and their audit.
fn filled(conn: &mut PgConnection) -> AuditedTable {
    run(
        conn,
        "CREATE TABLE t (id integer PRIMARY KEY, v numeric(6,2), note varchar(10));
         INSERT INTO t SELECT n, n, 'n' || n FROM generate_series(1, 10) AS n",
    );
    audit(conn, "t")
}

#[test]
fn every_row_without_history_gets_one() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = filled(&mut conn);
    run_as_alice(&mut conn, "UPDATE t SET v = 0 WHERE id = 4");
    run_as_alice(
        &mut conn,
        "DELETE FROM t WHERE id = 5; INSERT INTO t VALUES (5), (11)",
    );
    let all = finish(&mut conn, &table);
    let last_key = Some("11".to_owned());
    assert_eq!((all.rows, all.written, all.last_key), (11, 8, last_key));
    assert_eq!(operations(&mut conn, &table), "UDIIBBBBBBBB");
    let images = "SELECT count(*) FROM audit.t_audit AS a JOIN t USING (id)
         WHERE audit_operation = 'B' AND ROW(a.id, a.v, a.note)::record *= ROW(t.id, t.v, t.note)::record";
    assert_eq!(count(&mut conn, images), 8);
    let facts = "SELECT count(*) FROM audit.t_audit WHERE audit_operation = 'B'
         AND audit_username IS NULL AND audit_request_id IS NULL
         AND audit_session_user = session_user AND audit_current_user = session_user
         AND audit_operation_timestamp BETWEEN now() - interval '1 minute' AND now()
         AND audit_transaction_id < txid_current()";
    assert_eq!(count(&mut conn, facts), 8);
    assert_eq!(finish(&mut conn, &table).written, 0);
}

#[test]
fn a_run_begins_again_behind_a_key() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = filled(&mut conn);
    let first = baseline(&mut conn, &table, options())
        .expect("a baseline")
        .next()
        .expect("a batch")
        .expect("written");
    assert_eq!((first.rows, first.written, &*first.last_key), (3, 3, "3"));
    let rest = options().after(first.last_key);
    let rest = baseline(&mut conn, &table, rest).and_then(|baseline| baseline.finish());
    assert_eq!(rest.map(|rest| rest.written).ok(), Some(7));
    assert_eq!(operations(&mut conn, &table), "B".repeat(10));
}

#[test]
fn the_context_is_in_the_rows() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = filled(&mut conn);
    let context = AuditContext::new()
        .set("username", "O'Brien\\")
        .and_then(|c| c.set("request_id", "00000000-0000-0000-0000-000000000007"))
        .and_then(|c| c.set("other", "unknown here"))
        .expect("a context");
    // What the session holds is not the caller's context.
    run(&mut conn, crate::support::ALICE_FOR_SESSION);
    let with = options().context(&context).expect("options");
    baseline(&mut conn, &table, with)
        .and_then(|baseline| baseline.finish())
        .expect("a baseline");
    let recorded = "SELECT DISTINCT audit_username || ' ' || audit_request_id FROM audit.t_audit";
    assert_eq!(
        text(&mut conn, recorded),
        "O'Brien\\ 00000000-0000-0000-0000-000000000007"
    );
    let long = AuditContext::new().with_max_value_bytes(2_000);
    let long = long.set("username", "x".repeat(1_025)).expect("a context");
    let refused = baseline(
        &mut conn,
        &table,
        options().context(&long).expect("options"),
    );
    assert!(matches!(
        refused.err(),
        Some(AuditError::SettingRefused {
            name: "username",
            ..
        })
    ));
}

/// Keys of all kinds: in order, each once, and found again by its text.
#[test]
fn keys_of_every_type() {
    let check = |key_type: &str, values: &[&str]| {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        run(
            &mut conn,
            &format!(
                "CREATE TYPE mood AS ENUM ('sad', 'ok', 'very ''happy'''); CREATE DOMAIN code AS text;
                 CREATE TYPE place AS (x integer, label text);
                 CREATE COLLATION bytes FROM \"C\";
                 CREATE TABLE t (a {key_type}, b integer, v text, PRIMARY KEY (b, a))"
            ),
        );
        for (n, value) in values.iter().enumerate() {
            run(
                &mut conn,
                &format!("INSERT INTO t VALUES ({value}, {}, 'x')", n % 2),
            );
        }
        let table = audit(&mut conn, "t");
        let one = BaselineOptions::new().batch_size(1);
        let all = baseline(&mut conn, &table, one).and_then(|baseline| baseline.finish());
        let all = all.unwrap_or_else(|error| panic!("{key_type}: {error}"));
        assert_eq!(all.written, values.len() as u64, "{key_type}");
        assert_eq!(finish(&mut conn, &table).written, 0, "{key_type}");
    };
    check("bigint", &["-1", "0", "9223372036854775807"]);
    check(
        "text",
        &["''", "' '", "'a,b\"{}\\'", "E'\\n'", "'ä'", "'NULL'"],
    );
    check("text COLLATE bytes", &["'b'", "'B'", "'a'", "'A'"]);
    check("char(4)", &["'a'", "'ab'", "''"]);
    check("\"char\"", &["'a'", "'b'"]);
    check(
        "uuid",
        &[
            "gen_random_uuid()",
            "gen_random_uuid()",
            "gen_random_uuid()",
        ],
    );
    check("numeric", &["1.0", "1.01", "'NaN'", "-7"]);
    check(
        "double precision",
        &["0.1::float8 + 0.2", "0.3", "'-infinity'"],
    );
    check(
        "timestamptz",
        &[
            "now()",
            "'1883-11-18 12:00'",
            "'infinity'",
            "'0044-03-15 BC'",
        ],
    );
    check("interval", &["'1 mon'", "'-3 days 04:05:06.7'", "'1 year'"]);
    check("bytea", &["'\\x00'", "''", "'abc'"]);
    check("inet", &["'10.0.0.1'", "'10.0.0.0/8'", "'::1'"]);
    check("integer[]", &["'{}'", "'{1,NULL}'", "'{{1},{2}}'"]);
    check("int4range", &["'empty'", "'[1,3)'", "'(,)'"]);
    check("boolean", &["true", "false"]);
    check("mood", &["'ok'", "'sad'", "'very ''happy'''"]);
    check("code", &["'b'", "'a'"]);
    check("place", &["(1, 'a, b')", "(1, NULL)"]);
    check("jsonb", &["'{\"a\": 1}'", "'1.00'", "'null'"]);
}

#[test]
fn a_key_of_an_extension_s_type() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    if !has_extension(&mut conn, "citext") {
        return;
    }
    run(
        &mut conn,
        "CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;
         CREATE TABLE t (id ext.citext, n integer, PRIMARY KEY (id, n));
         INSERT INTO t VALUES ('b', 1), ('B', 2), ('A', 1), ('c', 1)",
    );
    let mut table = describe(&mut conn, public("t"));
    for column in &mut table.columns {
        if column.name == "id" {
            column.sql_type.schema = Some("ext".into());
        }
    }
    install(&mut conn, &table);
    let all = finish(&mut conn, &table);
    assert_eq!((all.written, all.last_key.as_deref()), (4, Some("{c,1}")));
}

#[test]
fn a_table_without_a_key_is_refused() {
    let check = |ddl: &str, key: &[&'static str]| {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        run(&mut conn, ddl);
        let mut table = describe(&mut conn, public("t"));
        table.primary_key = key.iter().map(|&key| key.into()).collect();
        install(&mut conn, &table);
        let refused = baseline(&mut conn, &table, options()).and_then(|baseline| baseline.finish());
        assert!(
            matches!(
                refused,
                Err(AuditError::Key(KeyProblem::NoPrimaryKey { .. }))
            ),
            "{ddl}: {refused:?}"
        );
        if key.is_empty() {
            assert!(migrated(&table).is_err());
            return;
        }
        let refused = conn.batch_execute(&migrated(&table).expect("a migration"));
        let refused = refused.expect_err("refused").to_string();
        assert!(refused.contains("has no primary key on (id)"), "{refused}");
    };
    check("CREATE TABLE t (id integer)", &[]);
    check("CREATE TABLE t (id integer)", &["id"]);
    check("CREATE TABLE t (id integer UNIQUE)", &["id"]);
    check(
        "CREATE TABLE t (id integer NOT NULL, n integer); CREATE UNIQUE INDEX ON t (id) WHERE n > 0",
        &["id"],
    );
    check(
        "CREATE TABLE t (id integer, n integer, PRIMARY KEY (id, n))",
        &["id"],
    );
    check(
        "CREATE TABLE t (id integer, n integer PRIMARY KEY)",
        &["id"],
    );
}

#[test]
fn what_is_no_key_is_refused() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE t (id integer, n integer, PRIMARY KEY (id, n))",
    );
    let table = audit(&mut conn, "t");
    for after in ["{1}", "{1,2,3}", "{1,NULL}", "{}"] {
        let refused = baseline(&mut conn, &table, options().after(after))
            .and_then(|baseline| baseline.finish());
        assert!(
            matches!(refused, Err(AuditError::Key(KeyProblem::NotAKey { .. }))),
            "{after}: {refused:?}"
        );
    }
    let refused =
        baseline(&mut conn, &table, options().after("7")).and_then(|baseline| baseline.finish());
    assert!(
        matches!(refused, Err(AuditError::Database(_))),
        "{refused:?}"
    );
}

/// Columns that are left out, an append-only history, partitions, and an owner
/// without further rights.
#[test]
fn tables_of_all_shapes() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    if !may_make_roles(&mut conn) {
        return;
    }
    let owner = Role::create(&database, "owner");
    run(
        &mut conn,
        &format!(
            "GRANT CREATE ON DATABASE {} TO {1}; GRANT CREATE ON SCHEMA public TO {1}",
            database.name(),
            owner.name()
        ),
    );
    let mut conn = owner.connect();
    run(
        &mut conn,
        "CREATE DOMAIN short AS varchar(5) NOT NULL;
         CREATE TABLE t (id integer, secret text, name short, twice integer GENERATED ALWAYS AS (id * 2) STORED,
             PRIMARY KEY (id)) PARTITION BY RANGE (id);
         CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (5);
         CREATE TABLE t_high (secret text, name short, id integer NOT NULL, twice integer GENERATED ALWAYS AS (id * 2) STORED);
         ALTER TABLE t ATTACH PARTITION t_high FOR VALUES FROM (5) TO (50);
         INSERT INTO t SELECT n, 'secret', 'n' || n FROM generate_series(1, 10) AS n",
    );
    let mut table = describe(&mut conn, public("t"));
    table.policy.append_only = true;
    for column in &mut table.columns {
        if column.name == "secret" {
            column.recording = Recording::Excluded;
        }
    }
    install(&mut conn, &table);
    assert_eq!(finish(&mut conn, &table).written, 10);
    let rows = "SELECT format('%s %s %s', id, name, twice) FROM audit.t_audit ORDER BY audit_id";
    let rows = texts(&mut conn, rows);
    assert_eq!(rows[9].as_deref(), Some("10 n10 20"));
    run_as_alice(&mut conn, "UPDATE t SET id = id + 20 WHERE id IN (1, 7)");
    assert_eq!(operations(&mut conn, &table), "BBBBBBBBBBDIDU");
    let by = "SELECT DISTINCT audit_current_user || audit_session_user FROM audit.t_audit";
    assert_eq!(text(&mut conn, by), owner.name().repeat(2));
}

/// A column of another type than its history's: refused, as a write is.
#[test]
fn a_type_that_differs_is_refused() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    let table = filled(&mut conn);
    run(&mut conn, "ALTER TABLE t ALTER note TYPE integer USING 1");
    let refused = baseline(&mut conn, &table, options()).and_then(|baseline| baseline.finish());
    assert!(
        matches!(refused, Err(AuditError::Database(_))),
        "{refused:?}"
    );
    assert_eq!(operations(&mut conn, &table), "");
}

fn migrated(table: &AuditedTable) -> Result<String, KeyProblem> {
    let steps = [Step::Install(table.clone())];
    let migration = migration(&steps, &LockTimeout::default()).with_baseline(&steps)?;
    Ok(format!(
        "BEGIN; {} {}; COMMIT",
        core::INSTALL,
        migration.up.whole
    ))
}

#[test]
fn a_migration_writes_the_baseline() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE DOMAIN short AS varchar(5);
         CREATE TABLE t (id short, n integer, v numeric(6,2), PRIMARY KEY (id, n));
         INSERT INTO t SELECT 'k' || n % 3, n, n FROM generate_series(1, 10) AS n",
    );
    let table = describe(&mut conn, public("t"));
    let up = migrated(&table).expect("a migration");
    let of_migration = up.replacen(
        "BEGIN;",
        &format!(
            "BEGIN; {};",
            crate::support::ALICE.replace("alice", "migration:7")
        ),
        1,
    );
    run(&mut conn, &of_migration);
    assert_eq!(operations(&mut conn, &table), "B".repeat(10));
    let keys = "SELECT string_agg(id || n, ' ' ORDER BY audit_id) FROM audit.t_audit
        WHERE audit_username = 'migration:7' AND audit_request_id IS NULL";
    assert_eq!(
        text(&mut conn, keys),
        "k03 k06 k09 k11 k14 k17 k110 k22 k25 k28"
    );

    // Again, with history: only what has none. A context that is stale is none.
    run(
        &mut conn,
        "ALTER TABLE t DISABLE TRIGGER ALL; INSERT INTO t VALUES ('new', 1); DELETE FROM t WHERE n = 3",
    );
    run(&mut conn, "SET audit.username = 'stale'");
    run(&mut conn, &up);
    assert_eq!(operations(&mut conn, &table), "B".repeat(11));
    let who = "SELECT id || coalesce(audit_username, '-') FROM audit.t_audit ORDER BY audit_id DESC LIMIT 1";
    assert_eq!(text(&mut conn, who), "new-");

    let refused = up.replace("BEGIN;", "BEGIN ISOLATION LEVEL REPEATABLE READ;");
    let refused = conn.batch_execute(&refused).expect_err("refused");
    assert!(
        refused.to_string().contains("before its locks"),
        "{refused}"
    );
}
