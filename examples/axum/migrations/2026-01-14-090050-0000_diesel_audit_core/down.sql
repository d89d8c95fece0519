-- The core stays with audit tables that are kept.
DO $core$
BEGIN
    PERFORM pg_catalog.set_config('audit.search_path', pg_catalog.current_setting('search_path'), true);
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF EXISTS (SELECT FROM diesel_audit.audited JOIN pg_class ON oid = source) THEN
        RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
            MESSAGE = 'the core of diesel-audit is in use',
            DETAIL = (SELECT format('%s is audited in %s', source, history) FROM diesel_audit.audited JOIN pg_class ON oid = source LIMIT 1),
            HINT = 'End the audits first, by the down of their migrations.';
    ELSIF NOT EXISTS (
        SELECT FROM pg_depend JOIN pg_attrdef ON pg_attrdef.oid = objid
        WHERE classid = 'pg_attrdef'::regclass AND refclassid = 'pg_class'::regclass
            AND refobjid = 'diesel_audit.audit_id'::regclass AND adrelid <> 'diesel_audit.entry'::regclass
    ) THEN
        DROP SCHEMA diesel_audit CASCADE;
    END IF;
    PERFORM set_config('search_path', current_setting('audit.search_path'), true);
END
$core$;
