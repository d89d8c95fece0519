-- End of the audit of "public"."users". Its history stays in "audit"."users_audit".
SELECT pg_catalog.set_config('audit.before.search_path', pg_catalog.current_setting('search_path'), true),
    pg_catalog.set_config('search_path', pg_catalog.rtrim(pg_catalog.concat('pg_catalog, pg_temp, ', pg_catalog.current_setting('search_path')), ', '), true);
SET LOCAL lock_timeout = '5s';
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);

DROP TRIGGER IF EXISTS "00_users_audit" ON "public"."users";
DROP TRIGGER IF EXISTS "00_users_audit_truncate" ON "public"."users";

DROP FUNCTION IF EXISTS "audit"."users_audit"();

-- An audit table without a row keeps nothing.
DO $audit$
BEGIN
    IF pg_catalog.to_regclass('"audit"."users_audit"') IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM "audit"."users_audit") THEN
            DROP TABLE "audit"."users_audit";
        END IF;
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
    NULL;
END
$audit$;
-- The key goes when nothing is left that was made with it.
DO $audit$
DECLARE
    path constant text := pg_catalog.current_setting('search_path');
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = pg_catalog.to_regnamespace('"audit"') AND NOT attisdropped
            AND pg_catalog.starts_with(attname::text, 'audit_hash_') AND atttypid = 'pg_catalog.bytea'::pg_catalog.regtype
    ) THEN
        DROP TABLE IF EXISTS "audit"."audit_hash_key";
    END IF;
    PERFORM pg_catalog.set_config('search_path', path, true);
END
$audit$;
DO $audit$
DECLARE
    path constant text := pg_catalog.current_setting('search_path');
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF EXISTS (
        SELECT FROM pg_catalog.pg_namespace
        WHERE nspname = 'audit' AND nspacl IS NULL
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_default_acl WHERE defaclnamespace = pg_namespace.oid)
    ) THEN
        DROP SCHEMA "audit";
    END IF;
    PERFORM pg_catalog.set_config('search_path', path, true);
EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
    NULL;
END
$audit$;

SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('audit.before.search_path'), true);
