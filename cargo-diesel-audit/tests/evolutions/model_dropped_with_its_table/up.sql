-- End of the audit of "public"."posts". Its history stays in "audit"."posts_audit".
SELECT pg_catalog.set_config('audit.before.search_path', pg_catalog.current_setting('search_path'), true),
    pg_catalog.set_config('search_path', pg_catalog.rtrim(pg_catalog.concat('pg_catalog, pg_temp, ', pg_catalog.current_setting('search_path')), ', '), true);
SET LOCAL lock_timeout = '5s';
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);

DROP TRIGGER IF EXISTS "00_posts_audit" ON "public"."posts";
DROP TRIGGER IF EXISTS "00_posts_audit_truncate" ON "public"."posts";

DROP FUNCTION IF EXISTS "audit"."posts_audit"();

-- An audit table without a row keeps nothing.
DO $audit$
BEGIN
    IF pg_catalog.to_regclass('"audit"."posts_audit"') IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM "audit"."posts_audit") THEN
            DROP TABLE "audit"."posts_audit";
        END IF;
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
    NULL;
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
