//! Three roles by the script of `cargo diesel-audit roles`: the application
//! writes and cannot get past the audit, and the migrator goes on.

mod migrator;
mod refused;

use audit_test_server::Database;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{Code, seal, verify};
use diesel_audit_model::AuditedTable;
use diesel_audit_sql::LockTimeout;
use diesel_audit_sql::roles::{self, Roles};

use crate::support::{
    ALICE, Role, attempt, count, describe, install, may_make_roles, operations, public, run,
    run_as_alice, text, texts,
};

/// A database with one audited table, which the application owned with all that
/// is in it, and three roles of which only the application's is there.
struct Shop {
    conn: PgConnection,
    table: AuditedTable,
    application: Role,
    migrator: Role,
    owner: Role,
    // Roles go before their database does.
    database: Database,
}

const CREATE: &str = "
    CREATE TYPE plan AS ENUM ('free', 'paid');
    CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%');
    CREATE SEQUENCE numbers;
    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TABLE item (
        id serial PRIMARY KEY, number bigint NOT NULL DEFAULT nextval('numbers'), plans plan[], mail mail
    );
    CREATE TRIGGER stamp BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION stamp();
    CREATE TABLE __diesel_schema_migrations (version varchar PRIMARY KEY)";

const INSERT: &str = "INSERT INTO item (plans, mail) VALUES ('{free}', 'a@b')";

/// Nothing where the tests may not make roles.
fn shop() -> Option<Shop> {
    let database = audit_test_server::database();
    let mut conn = database.connect();
    if !may_make_roles(&mut conn) {
        return None;
    }
    let application = Role::create(&database, "app");
    let name = application.name();
    run(
        &mut conn,
        &format!(
            "GRANT CREATE ON DATABASE {} TO {name}; GRANT CREATE ON SCHEMA public TO {name}",
            database.name()
        ),
    );
    let mut app = application.connect();
    run(&mut app, CREATE);
    let mut table = describe(&mut app, public("item"));
    table.policy.seals = true;
    install(&mut app, &table);
    Some(Shop {
        conn,
        table,
        application,
        migrator: Role::expected(&database, "migrator"),
        owner: Role::expected(&database, "owner"),
        database,
    })
}

impl Shop {
    fn script(&self, tables: &[&AuditedTable], read_history: bool) -> String {
        let [owner, migrator, application] =
            [&self.owner, &self.migrator, &self.application].map(Role::name);
        let roles = Roles::new(owner, migrator, application, read_history).expect("three roles");
        roles::script(&roles, tables, &LockTimeout::default())
    }

    /// Runs the script as the superuser of the tests.
    fn protect(&mut self) {
        let script = self.script(&[&self.table], false);
        run(&mut self.conn, &script);
    }

    /// Who owns and may do what, but for the names of the roles.
    fn rights(&mut self) -> Vec<Option<String>> {
        let rights = texts(
            &mut self.conn,
            "SELECT concat_ws(' ', relnamespace::regnamespace, relname, relowner::regrole, relacl)
                 FROM pg_class WHERE relnamespace IN ('public'::regnamespace, to_regnamespace('audit'), to_regnamespace('diesel_audit')) AND relkind <> 'i'
             UNION ALL SELECT concat_ws(' ', nspname, nspowner::regrole, nspacl) FROM pg_namespace WHERE nspname IN ('public', 'audit', 'diesel_audit')
             UNION ALL SELECT concat_ws(' ', proname, proowner::regrole, proacl) FROM pg_proc
                 WHERE pronamespace IN ('public'::regnamespace, to_regnamespace('audit'), to_regnamespace('diesel_audit'))
             UNION ALL SELECT concat_ws(' ', typname, typowner::regrole) FROM pg_type WHERE typname IN ('plan', 'mail')
             ORDER BY 1",
        );
        let short = self.database.name().to_owned() + "_";
        let rights = rights.into_iter().flatten();
        // MAINTAIN is of PostgreSQL 17.
        rights
            .map(|line| Some(line.replace(&short, "").replace("Dxtm", "Dxt")))
            .collect()
    }
}

#[test]
fn everything_has_its_owner_and_the_application_its_rights() {
    let Some(mut shop) = shop() else { return };
    shop.protect();
    let expected = [
        "__diesel_schema_migrations migrator",
        "audit item_audit owner {owner=arwdDxt/owner}",
        "audit item_audit_seals owner {owner=arwdDxt/owner}",
        "diesel_audit audit_id owner {owner=rwU/owner}",
        "diesel_audit audited owner {owner=arwdDxt/owner}",
        "diesel_audit hash_key owner {owner=arwdDxt/owner}",
        "diesel_audit owner",
        "audit owner",
        "item_audit_insert owner {owner=X/owner}",
        "refuse_write owner {owner=X/owner}",
        "mail migrator",
        "plan migrator",
        "public item migrator {migrator=arwdDxt/migrator,app=arwd/migrator}",
        "public item_id_seq migrator {migrator=rwU/migrator,app=U/migrator}",
        "stamp migrator",
    ];
    let rights = shop.rights();
    for line in expected {
        assert!(
            rights.iter().flatten().any(|right| right.contains(line)),
            "{line} is not in {rights:#?}"
        );
    }
    let logins = format!(
        "SELECT string_agg(rolcanlogin::text, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname IN ('{}', '{}')",
        shop.migrator.name(),
        shop.owner.name()
    );
    assert_eq!(text(&mut shop.conn, &logins), "true false");
}

/// The migrator logs in, and can take the triggers away: that is what remains.
#[test]
fn the_migrator_is_all_that_verify_finds() {
    let Some(mut shop) = shop() else { return };
    let tables = [shop.table.clone()];
    let codes = |conn: &mut PgConnection| -> Vec<Code> {
        let found = verify(conn, &tables).unwrap();
        found.findings.iter().map(|finding| finding.code).collect()
    };
    let owner = Code::OwnerCanLogIn;
    assert_eq!(codes(&mut shop.conn), [owner; 5]);
    shop.protect();
    assert_eq!(codes(&mut shop.conn), [owner]);
    assert_eq!(codes(&mut shop.application.connect()), [owner]);
}

#[test]
fn the_application_writes_and_does_not_see_the_history() {
    let Some(mut shop) = shop() else { return };
    shop.protect();
    let mut app = shop.application.connect();
    for statement in [
        INSERT,
        "UPDATE item SET plans = '{paid}'",
        "DELETE FROM item",
    ] {
        assert_eq!(attempt(&mut app, ALICE, statement), Ok(()), "{statement}");
    }
    assert_eq!(operations(&mut shop.conn, &shop.table), "IUD");
    for statement in [
        "SELECT * FROM audit.item_audit",
        "TRUNCATE item",
        "SELECT * FROM audit.item_audit_seals",
        "TRUNCATE audit.item_audit_seals",
        "LOCK TABLE audit.item_audit IN ACCESS SHARE MODE",
        "CREATE TRIGGER t BEFORE INSERT ON item EXECUTE FUNCTION stamp()",
        "CREATE TABLE child () INHERITS (item)",
        "CREATE TABLE pg_temp.own (id integer REFERENCES item)",
        "ALTER TYPE plan RENAME VALUE 'free' TO 'paid for'",
        "DROP TYPE plan CASCADE",
        "CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "DROP SCHEMA audit CASCADE",
    ] {
        attempt(&mut app, ALICE, statement).expect_err(statement);
    }

    // Who migrates may seal, and the application may not.
    let tables = [shop.table.clone()];
    seal(&mut app, &tables).expect_err("sealed by the application");
    seal(&mut shop.migrator.connect(), &tables).expect("sealed");

    let script = shop.script(&[&shop.table], true);
    run(&mut shop.conn, &script);
    assert_eq!(count(&mut app, "SELECT count(*) FROM audit.item_audit"), 3);
    let change = "UPDATE audit.item_audit SET audit_username = 'bob'";
    attempt(&mut app, ALICE, change).expect_err(change);
    // And no more.
    shop.protect();
    attempt(&mut app, "", "SELECT * FROM audit.item_audit").expect_err("not granted any more");
}

#[test]
fn a_second_run_changes_nothing() {
    let Some(mut shop) = shop() else { return };
    shop.protect();
    let rights = shop.rights();
    shop.protect();
    assert_eq!(shop.rights(), rights);
    // Nor does it wait for anybody where nothing is to be moved.
    let mut app = shop.application.connect();
    run(&mut app, &format!("BEGIN; {ALICE}; {INSERT}"));
    shop.protect();
    run(&mut app, "COMMIT");
    assert_eq!(operations(&mut shop.conn, &shop.table), "I");
}

#[test]
fn it_may_come_before_the_tables() {
    let Some(mut shop) = shop() else { return };
    let nowhere = AuditedTable {
        source: crate::support::public("not_yet"),
        audit: diesel_audit_model::QualifiedName::new("nowhere", "not_yet_audit"),
        ..shop.table.clone()
    };
    let script = shop.script(&[&nowhere, &shop.table], false);
    run(&mut shop.conn, &script);
    assert_eq!(
        attempt(&mut shop.application.connect(), ALICE, INSERT),
        Ok(())
    );
}

/// Roles of any name, which no session of ours is.
#[test]
fn names_are_quoted() {
    let Some(mut shop) = shop() else { return };
    let odd = |what: &str| format!("{} \"{what}\" $audit$ '\\", shop.database.name());
    let [owner, migrator] = [odd("o"), odd("m")];
    let roles = Roles::new(&owner, &migrator, shop.application.name(), false).expect("roles");
    let script = roles::script(&roles, &[&shop.table], &LockTimeout::default());
    run(&mut shop.conn, &script);
    let owned = text(
        &mut shop.conn,
        "SELECT concat_ws('|', pg_get_userbyid(relowner)) FROM pg_class WHERE oid = 'audit.item_audit'::regclass",
    );
    assert_eq!(owned, owner);
    for name in [owner, migrator] {
        let name = diesel_audit_model::quote::identifier(&name);
        run(
            &mut shop.conn,
            &format!("DROP OWNED BY {name} CASCADE; DROP ROLE {name}"),
        );
    }
}

/// The owner of the database, who may make roles, and is nothing more.
#[test]
fn an_owner_of_the_database_can_run_it() {
    let Some(mut shop) = shop() else { return };
    let dba = Role::create(&shop.database, "dba");
    let (dba_name, app) = (dba.name().to_owned(), shop.application.name().to_owned());
    run(
        &mut shop.conn,
        &format!(
            "ALTER ROLE {dba_name} CREATEROLE; ALTER DATABASE {} OWNER TO {dba_name}; REASSIGN OWNED BY {app} TO {dba_name};
             DO $$ BEGIN
                 IF current_setting('server_version_num')::integer >= 160000 THEN
                     EXECUTE 'GRANT {app} TO {dba_name} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE';
                 END IF;
             END $$",
            shop.database.name()
        ),
    );
    let mut by_dba = dba.connect();
    let script = shop.script(&[&shop.table], false);
    for _ in 0..2 {
        by_dba
            .batch_execute(&script)
            .unwrap_or_else(|error| panic!("the owner of the database cannot: {error}"));
    }
    assert_eq!(
        attempt(&mut shop.application.connect(), ALICE, INSERT),
        Ok(())
    );
    run_as_alice(&mut shop.migrator.connect(), "UPDATE item SET mail = 'c@d'");
    assert_eq!(operations(&mut shop.conn, &shop.table), "IU");
    // It is none of the three any more, but for what lets it run the script again.
    let member = format!(
        "SELECT count(*) FROM pg_auth_members WHERE member = '{dba_name}'::regrole
             AND roleid::regrole::text = '{}' AND (to_jsonb(pg_auth_members) ->> 'set_option') IS DISTINCT FROM 'false'",
        shop.owner.name()
    );
    assert_eq!(count(&mut shop.conn, &member), 0);
    attempt(&mut by_dba, "", "DELETE FROM audit.item_audit").expect_err("not its own any more");
    drop(by_dba);
    // What it has made goes before it does.
    drop((shop.migrator, shop.owner, shop.application));
}
