//! Protections that are taken away on purpose: the attack that each is for has
//! to be seen to succeed.

pub(super) struct Mutant {
    pub(super) name: &'static str,
    /// What a superuser does on a stage that is set.
    pub(super) sql: &'static str,
    /// The attack that succeeds then.
    pub(super) attack: &'static str,
    /// Whether it succeeds by keeping others from writing.
    pub(super) blocks: bool,
}

const fn mutant(name: &'static str, sql: &'static str, attack: &'static str) -> Mutant {
    Mutant {
        name,
        sql,
        attack,
        blocks: false,
    }
}

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a trigger that does not fire ALWAYS, and a right to be a replica",
        "ALTER TABLE item ENABLE TRIGGER \"00_log_item_insert\", ENABLE TRIGGER \"00_log_item_update\"; GRANT SET ON PARAMETER session_replication_role TO {app}",
        "a replica's session",
    ),
    mutant(
        "EXECUTE for everybody",
        "GRANT USAGE ON SCHEMA trail TO {app}; GRANT EXECUTE ON FUNCTION trail.log_item_insert() TO PUBLIC",
        "the function becomes the trigger of another table",
    ),
    mutant(
        "functions that are looked up on the caller's search_path",
        "DO $do$ BEGIN
             EXECUTE replace(pg_get_functiondef('trail.log_item_update()'::regprocedure),
                 'pg_catalog.record_image_ne(', 'record_image_ne(');
         END $do$",
        "functions on the search_path",
    ),
    mutant(
        "operators that are looked up on the caller's search_path",
        "DO $do$ BEGIN
             EXECUTE replace(pg_get_functiondef('trail.log_item_update()'::regprocedure),
                 'pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id))', '(ROW(OLD.id)::record *<> ROW(NEW.id)::record)');
         END $do$",
        "operators on the search_path",
    ),
    mutant(
        "a history that is looked up on the caller's search_path",
        "DO $do$ BEGIN
             EXECUTE replace(pg_get_functiondef('trail.log_item_update()'::regprocedure),
                 'INTO trail.public_item_log', 'INTO public_item_log');
         END $do$",
        "a temporary table of the same name",
    ),
    mutant(
        "a right to insert into the history",
        "GRANT USAGE ON SCHEMA trail, diesel_audit TO {app}; GRANT INSERT ON trail.public_item_log TO {app};
         GRANT USAGE ON SEQUENCE diesel_audit.audit_id TO {app}; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA diesel_audit TO {app}",
        "a row is put into the history",
    ),
    mutant(
        "a history that may be changed by others",
        "GRANT USAGE ON SCHEMA trail TO {app}; GRANT SELECT, UPDATE, DELETE ON trail.public_item_log TO {app}",
        "rows are changed",
    ),
    mutant(
        "an application that owns its table",
        "ALTER TABLE item OWNER TO {app}",
        "the trigger is disabled",
    ),
    mutant(
        "an application that owns the type of a column",
        "ALTER TYPE plan OWNER TO {app}",
        "the past by its types",
    ),
    mutant(
        "a marker that is not looked at",
        "CREATE OR REPLACE FUNCTION diesel_audit.is_given(name text, max_bytes integer) RETURNS boolean LANGUAGE sql STABLE
             RETURN current_setting('audit.' || name, true) <> ''",
        "the context of a transaction that is over",
    ),
    mutant(
        "a history that everybody reads",
        "GRANT USAGE ON SCHEMA trail TO PUBLIC; GRANT SELECT ON trail.public_item_log TO PUBLIC",
        "the history of others is read by a role with less",
    ),
    mutant(
        "values of any length",
        "CREATE OR REPLACE FUNCTION diesel_audit.is_given(name text, max_bytes integer) RETURNS boolean LANGUAGE sql STABLE
             RETURN current_setting('audit.' || name, true) <> ''",
        "a value of ten megabytes",
    ),
    mutant(
        "partitions that the application may truncate",
        "DROP TRIGGER \"00_log_ledger_truncate\" ON ledger_1; GRANT TRUNCATE ON ledger_1 TO {app}",
        "the source is truncated",
    ),
    Mutant {
        blocks: true,
        ..mutant(
            "a right by which the history can be locked",
            "GRANT USAGE ON SCHEMA trail TO {app}; GRANT UPDATE, DELETE ON trail.public_item_log TO {app}",
            "the history is locked",
        )
    },
];
