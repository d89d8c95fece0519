//! Whether the application can still get past the audit.

/// By whichever role it can act as: what it inherits and what it could `SET
/// ROLE` to. A role with CREATEROLE could make itself a member of the owner; one
/// that writes the server's files, or runs its programs, is a superuser; and one
/// that reads these files, or the log of changes by REPLICATION, reads the history.
///
/// <https://www.postgresql.org/docs/current/predefined-roles.html>
pub(super) const CHECK: &str = r"
-- By what the application could still get past the audit, also through another role.
DO $audit$
DECLARE
    maintain constant text[] := CASE WHEN current_setting('server_version_num')::integer >= 170000 THEN '{MAINTAIN}' ELSE '{}' END;
    faults text;
BEGIN
    WITH acting AS (
        SELECT pg_roles.* FROM pg_roles CROSS JOIN audit_roles
        WHERE pg_has_role(application, pg_roles.oid, 'MEMBER')
            -- A superuser is a member of all.
            AND (pg_roles.oid = application OR NOT (SELECT rolsuper FROM pg_roles WHERE oid = application))
    ),
    -- First of all: to ask for the rights on another kind of relation is an error.
    sequence AS MATERIALIZED (
        SELECT pg_class.oid FROM audit_parts
            JOIN pg_depend ON refclassid = 'pg_class'::regclass AND refobjid = audit_parts.oid AND classid = 'pg_class'::regclass
            JOIN pg_class ON pg_class.oid = objid AND relkind = 'S'
        WHERE place = 4
        UNION
        SELECT oid FROM audit_parts WHERE place = 10 AND kind = 'SEQUENCE'
    ),
    fault (rank, text) AS (
        SELECT 1, 'the owner of the audit is a superuser' FROM pg_roles JOIN audit_roles ON pg_roles.oid = owner WHERE rolsuper
        UNION ALL
        SELECT 2, format('%I is a superuser', rolname) FROM acting WHERE rolsuper
        UNION ALL
        SELECT 2, format('%I has CREATEROLE', rolname) FROM acting WHERE rolcreaterole
        UNION ALL
        SELECT 2, format('%I has REPLICATION', rolname) FROM acting CROSS JOIN audit_roles WHERE rolreplication AND NOT reads_history
        UNION ALL
        SELECT 2, format('it is a member of %I', rolname) FROM acting
        WHERE rolname IN ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files')
            OR EXISTS (SELECT FROM audit_roles WHERE acting.oid IN (owner, migrator))
        UNION ALL
        SELECT 3, format('%I owns the database %I', rolname, datname)
        FROM pg_database JOIN acting ON acting.oid = datdba WHERE datname = current_database()
        UNION ALL
        SELECT 3, format('%I owns the schema %s', rolname, pg_namespace.oid::regnamespace)
        FROM pg_namespace JOIN acting ON acting.oid = nspowner
        WHERE pg_namespace.oid IN (SELECT to_regnamespace(unnest(ARRAY[source_schema, history_schema])) FROM audit_tables)
        UNION ALL
        SELECT 4, format('%I has CREATE on the schema %s', rolname, name)
        FROM audit_parts CROSS JOIN acting WHERE place = 1 AND has_schema_privilege(acting.oid, audit_parts.oid, 'CREATE')
        UNION ALL
        SELECT 4, format('%I has %s on the table %s', rolname, privilege, name)
        FROM audit_parts CROSS JOIN acting CROSS JOIN audit_roles
            CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'] || maintain) AS privilege
        WHERE (place = 3 AND privilege NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
                OR place = 4 AND (privilege <> 'SELECT' OR NOT reads_history)
                OR place = 10 AND kind = 'TABLE')
            AND (has_table_privilege(acting.oid, audit_parts.oid, privilege)
                OR CASE WHEN privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                    THEN has_any_column_privilege(acting.oid, audit_parts.oid, privilege) END)
        UNION ALL
        SELECT 4, format('%I may execute %s', rolname, name)
        FROM audit_parts CROSS JOIN acting
        WHERE (place = 5 OR place = 11 AND name <> 'diesel_audit.set_context(text[])')
            AND has_function_privilege(acting.oid, audit_parts.oid, 'EXECUTE')
        UNION ALL
        SELECT 4, format('%I has %s on the sequence %s', rolname, privilege, sequence.oid::regclass)
        FROM sequence CROSS JOIN acting CROSS JOIN unnest(ARRAY['USAGE', 'UPDATE']) AS privilege
        WHERE has_sequence_privilege(acting.oid, sequence.oid, privilege)
    )
    SELECT string_agg(text, E'\n' ORDER BY rank, text) INTO faults
    FROM fault WHERE rank = (SELECT min(rank) FROM fault);
    IF faults IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('the application %s could still get past the audit', (SELECT application FROM audit_roles)),
            DETAIL = faults,
            HINT = 'Take these rights from it, or name another role for the application. Nothing has changed.';
    END IF;
END
$audit$;
";
