//! What is installed belongs to its owner alone, and nothing else is in its way.

use diesel_audit_model::PgType;
use diesel_audit_sql::Step;

use crate::support::{
    ALICE, Role, also, apply, attempt, count, describe, install, may_make_roles, public, run,
    run_as_alice, setting, text,
};
use crate::zoo::compare::recorded;

const ITEM: &str = "CREATE TABLE item (id integer PRIMARY KEY, name text)";

#[test]
fn default_privileges_open_nothing() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    if !may_make_roles(&mut conn) {
        eprintln!("skipped: this server's role may not make roles");
        return;
    }
    run(&mut conn, ITEM);
    let role = Role::create(&database, "app");
    let name = role.name();
    run(
        &mut conn,
        &format!(
            "GRANT ALL ON item TO {name};
             ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {name};
             ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO {name};
             ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO {name};
             ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO {name}"
        ),
    );
    let table = describe(&mut conn, public("item"));
    install(&mut conn, &table);

    let mut app = role.connect();
    run_as_alice(&mut app, "INSERT INTO item VALUES (1, 'a')");
    for forbidden in [
        "INSERT INTO audit.item_audit (audit_operation) VALUES ('D')",
        "DELETE FROM audit.item_audit",
        "TRUNCATE audit.item_audit",
        "INSERT INTO diesel_audit.audited SELECT * FROM diesel_audit.audited",
        "SELECT inner_pad FROM diesel_audit.hash_key",
        "SELECT diesel_audit.leave('audit.item_audit', NULL)",
        "SELECT nextval('diesel_audit.audit_id')",
        "CREATE TEMP TABLE fake (id integer, name text);
         CREATE TRIGGER forge AFTER INSERT ON fake FOR EACH ROW EXECUTE FUNCTION audit.item_audit_insert()",
    ] {
        let refused = attempt(&mut app, ALICE, forbidden).expect_err(forbidden);
        assert_eq!(refused.sqlstate, "42501", "{forbidden}: {refused:?}");
    }
    let readable = count(&mut app, "SELECT count(*) FROM audit.item_audit");
    assert_eq!(readable, 1, "reading stays as it was granted");
    drop(app);
    run(
        &mut conn,
        &format!("ALTER DEFAULT PRIVILEGES REVOKE ALL ON SCHEMAS FROM {name}"),
    );
}

/// The function finds no type on its own `search_path`.
#[test]
fn a_setting_of_a_type_of_the_application() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        &format!("CREATE TYPE mood AS ENUM ('sad', 'ok'); {ITEM}"),
    );
    let mut table = describe(&mut conn, public("item"));
    let mood = PgType {
        schema: None,
        name: "mood".into(),
        array: false,
    };
    table.settings.push(setting("mood", mood, false));
    install(&mut conn, &table);
    let in_mood = |mood: &str, id: u8| {
        let mood = also("mood", &format!("'{mood}'"));
        format!("{mood}; INSERT INTO item VALUES ({id})")
    };
    run_as_alice(&mut conn, &in_mood("ok", 1));
    let stored = "SELECT audit_mood::text FROM audit.item_audit";
    assert_eq!(text(&mut conn, stored), "ok");
    let refused = attempt(&mut conn, ALICE, &in_mood("great", 2)).expect_err("no such label");
    assert_eq!(
        (&*refused.sqlstate, &*refused.column),
        ("ZA005", "audit_mood")
    );
}

#[test]
fn a_rule_or_a_trigger_on_the_audit_table_is_refused() {
    for obstacle in [
        "CREATE RULE away AS ON INSERT TO audit.item_audit DO INSTEAD NOTHING",
        "CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER forge BEFORE INSERT ON audit.item_audit FOR EACH ROW EXECUTE FUNCTION forge()",
    ] {
        let database = audit_test_server::database();
        let mut conn = database.connect();
        run(&mut conn, ITEM);
        let table = describe(&mut conn, public("item"));
        install(&mut conn, &table);
        run(&mut conn, obstacle);
        let refused = apply(&mut conn, Step::Install(table)).expect_err(obstacle);
        assert!(refused.to_string().contains("has a rule or a trigger"), "{refused}");
    }
}

/// Its name alone does not make a column of the source one of ours.
#[test]
fn an_unlisted_column_with_one_of_our_names_is_found() {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    run(
        &mut conn,
        "CREATE TABLE item (id integer PRIMARY KEY, audit_username text)",
    );
    let mut table = describe(&mut conn, public("item"));
    table.columns.retain(|column| column.name == "id");
    let refused = apply(&mut conn, Step::Install(table.clone())).expect_err("not recorded");
    assert!(
        refused
            .to_string()
            .contains("neither recorded nor excluded"),
        "{refused}"
    );
    table.unlisted.push("audit_username".into());
    install(&mut conn, &table);
    recorded(&mut conn, &table, "INSERT INTO item VALUES (1, 'x')", "I").expect("recorded");
}
