//! What is installed: dropped, replaced, attached elsewhere, stood in for.

use super::{Attack, app, mallory};

/// A write without its row is what these are after.
const UNSEEN: &str = "as bob: UPDATE public.item SET v = 'unseen'";

pub(super) const ATTACKS: &[Attack] = &[
    app(
        "the trigger is disabled",
        &[
            "ALTER TABLE public.item DISABLE TRIGGER ALL",
            "ALTER TABLE public.item DISABLE TRIGGER USER",
            "ALTER TABLE public.item DISABLE TRIGGER \"00_log_item_insert\"",
            "ALTER TABLE public.item ENABLE REPLICA TRIGGER \"00_log_item_insert\"",
            UNSEEN,
        ],
    ),
    app(
        "everything is dropped",
        &[
            "DROP TRIGGER \"00_log_item_insert\" ON public.item",
            "DROP FUNCTION trail.log_item_insert() CASCADE",
            "DROP SEQUENCE diesel_audit.audit_id CASCADE",
            "DROP TABLE trail.public_item_log CASCADE",
            "DROP SCHEMA trail CASCADE",
            "DROP TABLE public.item",
            "DROP SCHEMA public CASCADE",
            "DROP OWNED BY {owner} CASCADE",
            UNSEEN,
        ],
    ),
    app(
        "the function is replaced",
        &[
            "CREATE OR REPLACE FUNCTION trail.log_item_insert() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "ALTER FUNCTION trail.log_item_insert() SECURITY INVOKER",
            "ALTER FUNCTION trail.log_item_insert() RESET search_path",
            "ALTER FUNCTION trail.log_item_insert() RENAME TO gone",
            "ALTER FUNCTION trail.log_item_insert() OWNER TO CURRENT_USER",
            UNSEEN,
        ],
    ),
    app(
        "the history gets another name",
        &[
            "ALTER TABLE trail.public_item_log RENAME TO gone",
            "ALTER TABLE trail.public_item_log SET SCHEMA evil",
            "ALTER SCHEMA trail RENAME TO gone",
            "CREATE TABLE trail.public_item_log_2 (id integer)",
            UNSEEN,
        ],
    ),
    app(
        "another table takes the place of the source",
        &[
            "CREATE TABLE evil.item (LIKE public.item)",
            "ALTER TABLE public.item RENAME TO item_before",
            "ALTER TABLE evil.item SET SCHEMA public",
            "CREATE TABLE public.item_2 (LIKE public.item)",
            UNSEEN,
        ],
    ),
    app(
        "a rule on the source",
        &[
            "CREATE RULE r AS ON UPDATE TO public.item DO INSTEAD NOTHING",
            "CREATE RULE \"_RETURN\" AS ON SELECT TO public.item DO INSTEAD SELECT 1",
            UNSEEN,
        ],
    ),
    app(
        "a rule or a trigger on the history",
        &[
            "CREATE RULE r AS ON INSERT TO trail.public_item_log DO INSTEAD NOTHING",
            "CREATE FUNCTION evil.no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE TRIGGER t BEFORE INSERT ON trail.public_item_log FOR EACH ROW EXECUTE FUNCTION evil.no()",
            UNSEEN,
        ],
    ),
    app(
        "a trigger before ours",
        &[
            "CREATE FUNCTION evil.no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE TRIGGER \"!\" AFTER UPDATE ON public.item FOR EACH ROW EXECUTE FUNCTION evil.no()",
            "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION evil.no()",
            UNSEEN,
        ],
    ),
    app(
        "a child by inheritance",
        &[
            "CREATE TABLE evil.child () INHERITS (public.item)",
            "CREATE TABLE evil.child (id integer, v text, plan public.plan)",
            "ALTER TABLE evil.child INHERIT public.item",
            "INSERT INTO evil.child VALUES (77, 'x')",
            "CREATE TABLE evil.history () INHERITS (trail.public_item_log)",
            UNSEEN,
        ],
    ),
    app(
        "a partition comes or goes",
        &[
            "ALTER TABLE public.ledger DETACH PARTITION public.ledger_1",
            "CREATE TABLE evil.part (id integer NOT NULL PRIMARY KEY, v text)",
            "INSERT INTO evil.part VALUES (1500000, 'unseen')",
            "ALTER TABLE public.ledger ATTACH PARTITION evil.part FOR VALUES FROM (1000000) TO (2000000)",
            "CREATE TABLE evil.part_2 PARTITION OF public.ledger DEFAULT",
            "DROP TABLE public.ledger_2",
        ],
    ),
    app(
        "a partition by its own name",
        &[
            "as bob: INSERT INTO public.ledger_1 VALUES (900000, 'x')",
            "as bob: UPDATE public.ledger_1 SET v = 'x'",
            "as bob: DELETE FROM public.ledger_1",
        ],
    ),
    app(
        "the function becomes the trigger of another table",
        &[
            "CREATE TABLE evil.fake (id integer, v text, plan public.plan)",
            "CREATE TRIGGER t AFTER INSERT ON evil.fake FOR EACH ROW EXECUTE FUNCTION trail.log_item_insert()",
            "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON evil.fake FOR EACH ROW EXECUTE FUNCTION trail.log_item_insert()",
            "as bob: INSERT INTO evil.fake VALUES (777, 'forged')",
            "SELECT trail.log_item_insert()",
        ],
    ),
    app(
        "row security and policies",
        &[
            "ALTER TABLE trail.public_item_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
            "CREATE POLICY p ON trail.public_item_log USING (false) WITH CHECK (false)",
            "ALTER TABLE public.item ENABLE ROW LEVEL SECURITY",
            UNSEEN,
        ],
    ),
    app(
        "columns, constraints and indexes of the history",
        &[
            "ALTER TABLE trail.public_item_log DROP COLUMN v",
            "ALTER TABLE trail.public_item_log ADD CHECK (audit_username <> 'honest') NOT VALID",
            "ALTER TABLE trail.public_item_log ALTER v TYPE integer USING 0",
            "CREATE UNIQUE INDEX ON trail.public_item_log (audit_username)",
            "ALTER TABLE public.item ADD COLUMN unseen text",
            "ALTER TABLE public.item ADD COLUMN more text DEFAULT 'x', ADD CHECK (v <> 'a') NOT VALID",
            "CREATE STATISTICS evil.s ON id, v FROM trail.public_item_log",
            UNSEEN,
        ],
    ),
    app(
        "the past by its types",
        &[
            "ALTER TYPE public.plan RENAME VALUE 'free' TO 'paid for'",
            "DROP TYPE public.plan CASCADE",
            "ALTER TYPE public.plan RENAME TO gone",
        ],
    ),
    app(
        "rights for oneself and for others",
        &[
            "GRANT ALL ON trail.public_item_log TO {mallory}, {attacker}, PUBLIC",
            "GRANT ALL ON SCHEMA trail TO {mallory}",
            "GRANT ALL ON public.item TO {mallory}",
            "GRANT {owner} TO {attacker}",
            "GRANT {migrator} TO {mallory}",
            "GRANT pg_write_all_data TO {attacker}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {migrator} GRANT ALL ON TABLES TO {attacker}",
            "REASSIGN OWNED BY {owner} TO {attacker}",
            "ALTER ROLE {attacker} SUPERUSER",
            "ALTER ROLE {attacker} CREATEROLE BYPASSRLS REPLICATION",
            "ALTER DATABASE {database} OWNER TO {attacker}",
        ],
    ),
    app(
        "as somebody else",
        &[
            "SET SESSION AUTHORIZATION {owner}",
            "SET SESSION AUTHORIZATION postgres",
            "SET ROLE {owner}",
            "SET ROLE {migrator}",
            "SELECT pg_catalog.set_config('role', '{migrator}', false)",
            "SELECT pg_catalog.set_config('session_authorization', '{migrator}', false)",
            "DELETE FROM trail.public_item_log",
            UNSEEN,
        ],
    ),
    mallory(
        "a role with less makes itself the application",
        &[
            "SET ROLE {app}",
            "GRANT {app} TO {mallory}",
            "SET SESSION AUTHORIZATION {app}",
            UNSEEN,
        ],
    )
    .gets("any write"),
    app(
        "locks of maintenance",
        &[
            "VACUUM FULL trail.public_item_log",
            "CLUSTER trail.public_item_log USING public_item_log_pkey",
            "REINDEX TABLE trail.public_item_log",
            "ANALYZE trail.public_item_log",
            "COMMENT ON TABLE trail.public_item_log IS 'mine'",
            "BEGIN; ALTER TABLE trail.public_item_log SET (fillfactor = 50)",
        ],
    ),
    app(
        "code and files of the server",
        &[
            "CREATE FUNCTION evil.c() RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'",
            "LOAD '$libdir/plpgsql'",
            "SELECT lo_export(lo_from_bytea(0, 'x'), 'audit_attack')",
            "SELECT lo_import('/etc/hostname')",
            "ALTER SYSTEM SET session_replication_role = replica",
            "UPDATE pg_trigger SET tgenabled = 'D'",
            "INSERT INTO pg_auth_members SELECT FROM pg_auth_members",
            UNSEEN,
        ],
    ),
];
