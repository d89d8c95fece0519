//! What an ordinary role of an application can try: it needs no rights on the
//! history to write to the source, and gets none by it.

use diesel::prelude::*;

use super::{Items, items};
use crate::support::{
    ALICE, Refused, Role, attempt, audit, count, may_make_roles, operations, run, run_as_alice,
    text, texts,
};
use crate::zoo::compare::recorded;

/// Runs a test, unless we may not work as other roles, with the items, whose
/// connection is the owner's, a role that may write to `item` and nothing else,
/// and a connection of that role.
fn with_application(test: impl FnOnce(&mut Items, &Role, &mut PgConnection)) {
    let mut items = items();
    if !may_make_roles(&mut items.conn) {
        return;
    }
    let role = Role::create(&items.database, "app");
    let rights = format!(
        "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON item TO {}",
        role.name()
    );
    run(&mut items.conn, &rights);
    test(&mut items, &role, &mut role.connect());
}

fn assert_not_allowed(outcome: Result<(), Box<Refused>>, statement: &str) {
    let refused = outcome.expect_err(statement);
    assert_eq!(refused.sqlstate, "42501", "{statement}: {refused:?}");
}

#[test]
fn the_application_writes_without_any_right_on_the_history() {
    with_application(|items, role, app| {
        for statement in [
            "INSERT INTO item VALUES (1, 'a')",
            "UPDATE item SET v = 'b'",
            "UPDATE item SET id = 2",
            "DELETE FROM item",
            "TRUNCATE item",
        ] {
            assert_eq!(attempt(app, ALICE, statement), Ok(()), "{statement}");
        }
        assert_eq!(operations(&mut items.conn, &items.table), "IUDUDT");
        let roles = texts(
            &mut items.conn,
            "SELECT DISTINCT concat_ws(' ', audit_session_user, audit_current_user) FROM audit.item_audit",
        );
        assert_eq!(roles, [Some(format!("{0} {0}", role.name()))]);
        let rights = format!(
            "SELECT count(*) FROM pg_namespace WHERE nspname = 'audit' AND has_schema_privilege('{}', oid, 'USAGE')",
            role.name()
        );
        assert_eq!(count(&mut items.conn, &rights), 0);
    });
}

#[test]
fn the_history_cannot_be_forged_or_changed() {
    with_application(|items, role, app| {
        run_as_alice(&mut items.conn, "INSERT INTO item VALUES (1, 'a')");
        // The table itself must refuse, not only the schema around it.
        run(
            &mut items.conn,
            &format!("GRANT USAGE ON SCHEMA audit TO {}", role.name()),
        );
        for statement in [
            "INSERT INTO audit.item_audit OVERRIDING SYSTEM VALUE SELECT * FROM audit.item_audit",
            "INSERT INTO audit.item_audit (audit_operation, audit_operation_timestamp, audit_transaction_timestamp,
                 audit_transaction_id, audit_session_user, audit_current_user) VALUES ('D', now(), now(), 1, 'x', 'x')",
            "UPDATE audit.item_audit SET audit_username = 'bob'",
            "DELETE FROM audit.item_audit",
            "TRUNCATE audit.item_audit",
            "SELECT * FROM audit.item_audit",
            "SELECT setval('diesel_audit.audit_id', 1)",
            "ALTER TABLE item DISABLE TRIGGER USER",
            "DROP TRIGGER \"00_item_audit_insert\" ON item",
            "SET session_replication_role = replica",
        ] {
            assert_not_allowed(attempt(app, ALICE, statement), statement);
        }
        assert_eq!(operations(&mut items.conn, &items.table), "I");
    });
}

#[test]
fn the_trigger_function_is_nobody_elses() {
    with_application(|items, role, app| {
        run(
            &mut items.conn,
            &format!(
                "GRANT USAGE ON SCHEMA audit TO {0}; CREATE SCHEMA mine AUTHORIZATION {0}",
                role.name()
            ),
        );
        run(app, "CREATE TABLE mine.fake (id integer, v text)");
        for statement in [
            "CREATE TRIGGER t AFTER INSERT ON mine.fake FOR EACH ROW EXECUTE FUNCTION audit.item_audit_insert()",
            "SELECT audit.item_audit_insert()",
            "ALTER FUNCTION audit.item_audit_insert() OWNER TO CURRENT_USER",
            "CREATE OR REPLACE FUNCTION audit.item_audit_insert() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        ] {
            assert_not_allowed(attempt(app, ALICE, statement), statement);
        }
    });
}

#[test]
fn a_temporary_table_of_the_same_name_catches_nothing() {
    with_application(|items, _, app| {
        run(
            app,
            "CREATE TEMPORARY TABLE item_audit (audit_operation text, audit_username text, id integer, v text);
             GRANT ALL ON pg_temp.item_audit TO PUBLIC; SET search_path = pg_temp, public",
        );
        assert_eq!(
            attempt(app, ALICE, "INSERT INTO item VALUES (1, 'a')"),
            Ok(())
        );
        assert_eq!(count(app, "SELECT count(*) FROM pg_temp.item_audit"), 0);
        assert_eq!(operations(&mut items.conn, &items.table), "I");
    });
}

/// Each function and operator that the trigger might take for PostgreSQL's
/// lies, and tries to make the role a superuser.
#[test]
fn functions_and_operators_on_the_search_path_are_not_called() {
    with_application(|items, role, app| {
        let name = role.name();
        run(
            &mut items.conn,
            &format!("CREATE SCHEMA evil AUTHORIZATION {name}"),
        );
        for (function, result, value) in [
            ("now()", "timestamptz", "'1999-01-01'"),
            ("clock_timestamp()", "timestamptz", "'1999-01-01'"),
            ("current_setting(text)", "text", "'ceo'"),
            ("current_setting(text, boolean)", "text", "'ceo'"),
            ("octet_length(text)", "integer", "1"),
            ("btrim(text, text)", "text", "'ceo'"),
            ("\"left\"(text, integer)", "text", "'X'"),
            ("pg_backend_pid()", "integer", "1"),
            ("txid_current()", "bigint", "1"),
            ("pg_current_xact_id()", "xid8", "'1'"),
        ] {
            run(
                app,
                &format!(
                    "CREATE FUNCTION evil.{function} RETURNS {result} LANGUAGE plpgsql AS $$ BEGIN
                         BEGIN EXECUTE 'ALTER ROLE {name} SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
                         RETURN {value};
                     END $$"
                ),
            );
        }
        for operand in ["text", "integer", "record"] {
            run(
                app,
                &format!(
                    "CREATE FUNCTION evil.no({operand}, {operand}) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN false; END'"
                ),
            );
            for operator in ["=", "<>", ">", "<=", "*=", "*<>"] {
                run(
                    app,
                    &format!(
                        "CREATE OPERATOR evil.{operator} (LEFTARG = {operand}, RIGHTARG = {operand}, FUNCTION = evil.no)"
                    ),
                );
            }
        }
        run(
            app,
            "CREATE DOMAIN evil.text AS pg_catalog.int4; CREATE DOMAIN evil.uuid AS pg_catalog.int4",
        );
        run(app, "SET search_path = evil, pg_catalog, public");
        for statement in [
            "INSERT INTO item VALUES (1, 'a')",
            "UPDATE item SET id = 2",
            "DELETE FROM item",
        ] {
            assert_eq!(attempt(app, ALICE, statement), Ok(()), "{statement}");
        }
        attempt(app, "", "INSERT INTO item VALUES (3, 'x')").expect_err("no context");
        assert_eq!(operations(&mut items.conn, &items.table), "IDUD");
        let true_rows = "SELECT count(*) FROM audit.item_audit WHERE audit_username = 'alice'
             AND audit_operation_timestamp > now() - interval '1 hour' AND audit_transaction_id > 1";
        assert_eq!(count(&mut items.conn, true_rows), 4);
        let superuser = format!("SELECT rolsuper::text FROM pg_roles WHERE rolname = '{name}'");
        assert_eq!(text(&mut items.conn, &superuser), "false");
    });
}

#[test]
fn a_replica_role_silences_nothing() {
    let mut items = items();
    if !may_make_roles(&mut items.conn) {
        return;
    }
    run(&mut items.conn, "SET session_replication_role = replica");
    for (statement, letters) in [
        ("INSERT INTO item VALUES (1, 'a')", "I"),
        ("UPDATE item SET id = 2", "DU"),
        ("TRUNCATE item", "T"),
    ] {
        recorded(&mut items.conn, &items.table, statement, letters).expect("recorded");
    }
}

/// Inside a definer function `current_user` is its owner, who wrote nothing.
#[test]
fn the_role_that_writes_is_recorded() {
    with_application(|items, role, app| {
        let name = role.name();
        run(
            &mut items.conn,
            "CREATE FUNCTION write_item(id integer) RETURNS void LANGUAGE sql SECURITY DEFINER
                 AS 'INSERT INTO public.item VALUES (id)'",
        );
        assert_eq!(attempt(app, ALICE, "SELECT write_item(1)"), Ok(()));
        let owner = text(&mut items.conn, "SELECT session_user::text");
        run(&mut items.conn, &format!("SET ROLE {name}"));
        run_as_alice(&mut items.conn, "INSERT INTO item VALUES (2)");
        run_as_alice(&mut items.conn, "SELECT write_item(3)");
        run(&mut items.conn, "RESET ROLE");
        run_as_alice(&mut items.conn, "INSERT INTO item VALUES (4)");
        let roles = texts(
            &mut items.conn,
            "SELECT concat_ws(' ', id, audit_session_user, audit_current_user) FROM audit.item_audit ORDER BY audit_id",
        );
        let expected = [
            format!("1 {name} {name}"),
            format!("2 {owner} {name}"),
            format!("3 {owner} {name}"),
            format!("4 {owner} {owner}"),
        ];
        assert_eq!(roles, expected.map(Some));
    });
}

/// Rows of tables that nobody asked for are reached through a foreign key, by
/// a role that has no rights on them or their history.
#[test]
fn a_cascade_is_recorded_as_the_role_that_began_it() {
    with_application(|items, role, app| {
        run(
            &mut items.conn,
            "CREATE TABLE part (id integer PRIMARY KEY, item integer REFERENCES item ON DELETE CASCADE ON UPDATE CASCADE)",
        );
        let part = audit(&mut items.conn, "part");
        run_as_alice(
            &mut items.conn,
            "INSERT INTO item VALUES (1); INSERT INTO part VALUES (7, 1), (8, 1)",
        );
        assert_eq!(attempt(app, ALICE, "UPDATE item SET id = 2"), Ok(()));
        assert_eq!(attempt(app, ALICE, "DELETE FROM item"), Ok(()));
        assert_eq!(operations(&mut items.conn, &items.table), "IDUD");
        assert_eq!(operations(&mut items.conn, &part), "IIUUDD");
        let by_role = format!(
            "SELECT count(*) FROM audit.part_audit WHERE audit_session_user = '{}'",
            role.name()
        );
        assert_eq!(count(&mut items.conn, &by_role), 4);
    });
}

#[test]
fn everything_that_is_installed_is_closed() {
    let mut items = items();
    let conn = &mut items.conn;
    run(conn, "CREATE TABLE \"A \"\"b\" (id integer PRIMARY KEY)");
    audit(conn, "A \"b");
    let functions = "FROM pg_proc WHERE pronamespace = 'audit'::regnamespace";
    assert_eq!(count(conn, &format!("SELECT count(*) {functions}")), 6);
    let open = format!(
        "SELECT oid::regprocedure::text {functions} AND NOT prosecdef
         UNION ALL SELECT oid::regprocedure::text FROM pg_proc
         WHERE pronamespace IN ('audit'::regnamespace, 'diesel_audit'::regnamespace)
             AND EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)"
    );
    assert_eq!(texts(conn, &open), Vec::new());
    let relations =
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace IN ('audit'::regnamespace, 'diesel_audit'::regnamespace)
         AND relkind IN ('r', 'S') AND EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = 0)";
    assert_eq!(texts(conn, relations), Vec::new());
    let triggers = "FROM pg_trigger WHERE tgfoid IN (SELECT oid FROM pg_proc WHERE pronamespace IN ('audit'::regnamespace, 'diesel_audit'::regnamespace))";
    assert_eq!(count(conn, &format!("SELECT count(*) {triggers}")), 8);
    assert_eq!(
        count(
            conn,
            &format!("SELECT count(*) {triggers} AND tgenabled <> 'A'")
        ),
        0
    );
}
