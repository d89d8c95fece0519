//! An append-only history lets its own trigger put rows of the transaction in order,
//! and nobody else: who may write to the audit table changes nothing by what the
//! trigger does, whatever he sets, and from wherever he writes.

mod attacks;

use diesel::prelude::*;
use diesel_audit_sql::refusal::Refusal;

use crate::support::{
    ALICE, Role, attempt, install, may_make_roles, run, run_as_alice, text, texts,
};
use crate::trigger::{Items, items};
use attacks::{ATTACKS, FORGED_SETTINGS, HOSTILE_FUNCTIONS, HOSTILE_OPERATORS};

/// What the attacker has done in his transaction before: the trigger has put rows in
/// order, so a door that it leaves open is open now.
const PUT_IN_ORDER: &str = "INSERT INTO item VALUES (7, 'a') RETURNING touch(id);
     UPDATE item SET v = 'c' WHERE id = 7 RETURNING touch(id); DELETE FROM item WHERE id = 7";

/// An append-only history with rows of another transaction, a role that may write to
/// the source and to the history, and what the role can do.
struct House {
    // The role goes before the database in which it has rights.
    role: Role,
    items: Items,
}

fn house() -> Option<House> {
    let mut items = items();
    let conn = &mut items.conn;
    if !may_make_roles(conn) {
        return None;
    }
    run(
        conn,
        "CREATE FUNCTION touch(key integer) RETURNS text LANGUAGE plpgsql AS
             $$ BEGIN UPDATE public.item SET v = v || '!' WHERE id = key; RETURN ''; END $$",
    );
    items.table.policy.append_only = true;
    install(conn, &items.table);
    run_as_alice(conn, "INSERT INTO item VALUES (1, 'a'), (2, 'b')");
    let role = Role::create(&items.database, "writer");
    let rights = format!(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON item TO {0};
         GRANT TRIGGER ON item TO {0};
         GRANT USAGE ON SCHEMA audit TO {0};
         GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON audit.item_audit TO {0};
         GRANT USAGE ON SCHEMA diesel_audit TO {0};
         GRANT ALL ON ALL SEQUENCES IN SCHEMA diesel_audit TO {0};
         GRANT SET ON PARAMETER session_replication_role TO {0};
         CREATE SCHEMA mine AUTHORIZATION {0}",
        role.name()
    );
    run(conn, &rights);
    Some(House { role, items })
}

impl House {
    /// The rows of other transactions than the attacker's.
    fn of_others(&mut self) -> String {
        text(
            &mut self.items.conn,
            "SELECT string_agg(concat_ws(' ', h, xmin, ctid), E'\\n' ORDER BY audit_id)
             FROM audit.item_audit AS h WHERE id IN (1, 2)",
        )
    }

    /// Tries each attack after this, as this connection's role.
    fn try_all(&mut self, conn: &mut PgConnection, before: &str) {
        let of_others = self.of_others();
        for attack in ATTACKS {
            let context = format!("{ALICE}; {PUT_IN_ORDER}; {before}");
            assert_shut(conn, &context, attack);
        }
        assert_eq!(self.of_others(), of_others, "after {before}");
    }
}

/// A column that is always generated takes nobody's value, before any right or trigger
/// is asked.
const GENERATED: &str = "428C9";

fn assert_shut(conn: &mut PgConnection, context: &str, attack: &str) {
    let refused = match attempt(conn, context, attack) {
        Ok(()) => panic!("{attack}, after {context}: the history is changed"),
        Err(refused) => refused,
    };
    assert!(
        refused.is(Refusal::AppendOnly) || refused.sqlstate == GENERATED,
        "{attack}, after {context}: {refused:?}"
    );
}

#[test]
fn a_role_with_rights_on_the_history_changes_none_of_its_rows() {
    let Some(mut house) = house() else { return };
    let conn = &mut house.role.connect();
    house.try_all(conn, "SELECT");
    for replication in ["replica", "local", "origin"] {
        house.try_all(
            conn,
            &format!("SET LOCAL session_replication_role = {replication}"),
        );
    }
}

/// Also the owner has to take the triggers away first.
#[test]
fn the_owner_changes_none_of_its_rows() {
    let Some(mut house) = house() else { return };
    let conn = &mut house.items.database.connect();
    house.try_all(conn, "SELECT");
}

#[test]
fn an_application_has_no_rights_on_the_history() {
    let Some(mut house) = house() else { return };
    let app = Role::create(&house.items.database, "app");
    let rights = format!(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON item TO {0}; GRANT USAGE ON SCHEMA audit TO {0}",
        app.name()
    );
    run(&mut house.items.conn, &rights);
    let conn = &mut app.connect();
    let context = format!("{ALICE}; {PUT_IN_ORDER}");
    for attack in ATTACKS {
        let refused = attempt(conn, &context, attack).expect_err(attack);
        assert!(
            ["42501", GENERATED].contains(&&*refused.sqlstate),
            "{attack}: {refused:?}"
        );
    }
}

/// Whoever can read the functions knows the settings that they look at.
#[test]
fn no_setting_opens_it() {
    let Some(mut house) = house() else { return };
    let conn = &mut house.role.connect();
    let mut names = texts(
        &mut house.items.conn,
        "SELECT DISTINCT found[1] FROM pg_proc,
             regexp_matches(prosrc, '''([a-z_]+\\.[a-z0-9_.]+)''', 'g') AS found
         WHERE pronamespace::regnamespace::text IN ('audit', 'diesel_audit') ORDER BY 1",
    );
    assert!(
        names.contains(&Some("audit.context".to_owned())),
        "the functions were not read: {names:?}"
    );
    names.extend(FORGED_SETTINGS.map(|name| Some(name.to_owned())));
    let values = [
        "'on'",
        "'true'",
        "'1'",
        "txid_current()::text",
        "pg_current_xact_id()::text || ' ' || now()",
        "pg_backend_pid()::text",
        "extract(epoch FROM now())::text",
        "extract(epoch FROM now())::text || ' audit.item_audit '",
        "'audit.item_audit'::regclass::oid::text",
        "(SELECT max(audit_id)::text FROM audit.item_audit)",
        "(SELECT string_agg(audit_id::text, ' ') FROM audit.item_audit WHERE audit_transaction_id = txid_current())",
    ];
    for value in values {
        let all: Vec<String> = names
            .iter()
            .flatten()
            .map(|name| format!("SELECT set_config('{name}', {value}, true)"))
            .collect();
        house.try_all(conn, &all.join("; "));
    }
}

/// What the trigger might take for PostgreSQL's says that all is well.
#[test]
fn functions_and_operators_on_the_search_path_do_not_open_it() {
    let Some(mut house) = house() else { return };
    let conn = &mut house.role.connect();
    for (function, result, value) in HOSTILE_FUNCTIONS {
        run(
            conn,
            &format!(
                "CREATE FUNCTION mine.{function} RETURNS {result} LANGUAGE plpgsql
                     AS 'BEGIN RETURN {value}; END'"
            ),
        );
    }
    for operand in [
        "text",
        "integer",
        "bigint",
        "record",
        "timestamptz",
        "oid",
        "xid",
        "name",
    ] {
        run(
            conn,
            &format!(
                "CREATE FUNCTION mine.yes({operand}, {operand}) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END'"
            ),
        );
        for operator in HOSTILE_OPERATORS {
            run(
                conn,
                &format!(
                    "CREATE OPERATOR mine.{operator} (LEFTARG = {operand}, RIGHTARG = {operand}, FUNCTION = mine.yes)"
                ),
            );
        }
    }
    house.try_all(conn, "SET LOCAL search_path = mine, pg_catalog, public");
}

/// The trigger of the audit is at work, or is yet to come, when the attacker's runs.
#[test]
fn a_trigger_on_the_source_does_not_open_it() {
    let Some(mut house) = house() else { return };
    let conn = &mut house.role.connect();
    let of_others = house.of_others();
    let context = format!("{ALICE}; {PUT_IN_ORDER}");
    let moments = ["BEFORE", "AFTER"].map(|time| ["!first", "zzz_last"].map(|name| (time, name)));
    for ((time, name), attack) in moments
        .as_flattened()
        .iter()
        .flat_map(|moment| ATTACKS.map(|attack| (moment, attack)))
    {
        run(
            conn,
            &format!(
                "CREATE OR REPLACE FUNCTION mine.attack() RETURNS trigger LANGUAGE plpgsql
                     AS $attack$ BEGIN {attack}; RETURN NEW; END $attack$;
                 CREATE TRIGGER \"{name}\" {time} INSERT OR UPDATE ON item FOR EACH ROW
                     WHEN (NEW.id = 8) EXECUTE FUNCTION mine.attack()"
            ),
        );
        assert_shut(
            conn,
            &context,
            "INSERT INTO public.item VALUES (8, 'a') RETURNING touch(id)",
        );
        run(
            &mut house.items.conn,
            &format!("DROP TRIGGER \"{name}\" ON item"),
        );
    }
    assert_eq!(house.of_others(), of_others);
}
