//! What is granted, and what is taken away.

/// Before anything is given to its owner: a table can only belong to a role that
/// may create tables in its schema.
pub(super) const TO_OWN: &str = r"
DO $audit$
DECLARE
    schema record;
BEGIN
    EXECUTE (SELECT format('GRANT CREATE ON DATABASE %I TO %s', current_database(), migrator) FROM audit_roles);
    FOR schema IN
        SELECT to_regnamespace(source_schema) AS name, migrator AS role FROM audit_tables CROSS JOIN audit_roles
        UNION
        SELECT to_regnamespace(history_schema), owner FROM audit_tables CROSS JOIN audit_roles
    LOOP
        -- The owner of a schema has them.
        IF schema.name IS NOT NULL AND (SELECT nspowner <> schema.role FROM pg_namespace WHERE oid = schema.name) THEN
            EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %s TO %s', schema.name, schema.role);
        END IF;
    END LOOP;
END
$audit$;
";

/// After that: what a role grants or revokes as the owner of a schema, the next
/// owner has.
pub(super) const OF_SCHEMAS: &str = r"
DO $audit$
DECLARE
    schema record;
BEGIN
    FOR schema IN
        SELECT to_regnamespace(history_schema) AS name, application, reads_history, true AS is_audits
        FROM audit_tables CROSS JOIN audit_roles
        WHERE to_regnamespace(history_schema) IN (SELECT oid FROM audit_parts WHERE place = 1)
        UNION
        SELECT to_regnamespace(source_schema), application, reads_history, false
        FROM audit_tables CROSS JOIN audit_roles WHERE to_regnamespace(source_schema) IS NOT NULL
    LOOP
        EXECUTE format('REVOKE %s ON SCHEMA %s FROM PUBLIC, %s',
            CASE WHEN schema.is_audits THEN 'ALL' ELSE 'CREATE' END, schema.name, schema.application);
        IF NOT schema.is_audits OR schema.reads_history THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %s TO %s', schema.name, schema.application);
        END IF;
    END LOOP;
END
$audit$;
";

/// With the rights on a table go those on its columns. Who has MAINTAIN, which
/// came with PostgreSQL 17, can lock a table.
///
/// The owner keeps its own rights as the owner of everything.
pub(super) const OF_TABLES: &str = r"
DO $audit$
DECLARE
    maintain constant text := CASE WHEN current_setting('server_version_num')::integer >= 170000 THEN ', MAINTAIN' ELSE '' END;
    part record;
    sequence regclass;
BEGIN
    FOR part IN SELECT audit_parts.*, audit_roles.* FROM audit_parts CROSS JOIN audit_roles ORDER BY place, name LOOP
        IF part.place = 3 THEN
            EXECUTE format('REVOKE TRUNCATE, REFERENCES, TRIGGER%s ON TABLE %s FROM PUBLIC, %s',
                maintain, part.name, part.application);
            IF NOT (SELECT relispartition FROM pg_class WHERE oid = part.oid) THEN
                EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s TO %s', part.name, part.application);
            END IF;
        ELSIF part.place = 4 THEN
            EXECUTE format('REVOKE ALL ON TABLE %s FROM PUBLIC, %s', part.name, part.application);
            IF part.reads_history THEN
                EXECUTE format('GRANT SELECT ON TABLE %s TO %s', part.name, part.application);
            END IF;
        ELSIF part.place IN (5, 9, 10, 11) THEN
            EXECUTE format('REVOKE ALL ON %s %s FROM PUBLIC, %s', part.kind, part.name, part.application);
            -- Scripts of the application say who they are.
            IF part.place = 9 THEN
                EXECUTE format('GRANT USAGE ON SCHEMA %s TO %s', part.name, part.application);
            ELSIF part.name = 'diesel_audit.set_context(text[])' THEN
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', part.name, part.application);
            END IF;
        END IF;
        -- The sequences of its columns, whether the table owns them or only takes its defaults from them.
        FOR sequence IN
            SELECT pg_class.oid FROM pg_class JOIN pg_depend ON classid = 'pg_class'::regclass AND objid = pg_class.oid
            WHERE relkind = 'S' AND refclassid = 'pg_class'::regclass AND refobjid = part.oid AND part.kind = 'TABLE'
            UNION
            SELECT pg_class.oid FROM pg_attrdef
                JOIN pg_depend ON classid = 'pg_attrdef'::regclass AND objid = pg_attrdef.oid
                JOIN pg_class ON refclassid = 'pg_class'::regclass AND refobjid = pg_class.oid
            WHERE relkind = 'S' AND adrelid = part.oid AND part.kind = 'TABLE'
        LOOP
            IF part.place = 3 THEN
                EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %s, %s', sequence, part.application, part.migrator);
            ELSIF part.place = 4 THEN
                EXECUTE format('REVOKE ALL ON SEQUENCE %s FROM PUBLIC, %s', sequence, part.application);
            END IF;
        END LOOP;
    END LOOP;
END
$audit$;
";
