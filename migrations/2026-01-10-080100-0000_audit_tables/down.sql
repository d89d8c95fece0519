-- End of the audit of "shop"."order_lines". Its history stays in "audit"."shop_order_lines_audit".
-- End of the audit of "public"."users". Its history stays in "audit"."users_audit".
-- End of the audit of "public"."type". Its history stays in "history"."kinds_of_things".
SELECT pg_catalog.set_config('audit.before.search_path', pg_catalog.current_setting('search_path'), true),
    pg_catalog.set_config('search_path', pg_catalog.rtrim(pg_catalog.concat('pg_catalog, pg_temp, ', pg_catalog.current_setting('search_path')), ', '), true);
SET LOCAL lock_timeout = '5s';
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);

-- All locks before the first change, and only the first is waited for: nobody is deadlocked.
DO $audit$
DECLARE
    path constant text := pg_catalog.current_setting('search_path');
    tables constant text[] := ARRAY['"shop"."order_lines"', '"public"."users"', '"public"."type"'];
    modes constant text[] := ARRAY['ACCESS EXCLUSIVE', 'ACCESS EXCLUSIVE', 'ACCESS EXCLUSIVE'];
    deadline constant timestamptz := pg_catalog.clock_timestamp() + interval '5000 milliseconds';
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    LOOP
        BEGIN
            PERFORM pg_catalog.set_config('lock_timeout',
                greatest(1, ceil(1000 * extract(epoch FROM deadline - pg_catalog.clock_timestamp())))::integer::text, true);
            FOR n IN 1 .. pg_catalog.cardinality(tables) LOOP
                IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(tables[n]) AND relkind IN ('r', 'p')) THEN
                    EXECUTE pg_catalog.format('LOCK TABLE %s IN %s MODE%s', tables[n], modes[n],
                        CASE WHEN n > 1 THEN ' NOWAIT' END);
                END IF;
            END LOOP;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF pg_catalog.clock_timestamp() >= deadline THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_catalog.pg_sleep(0.01);
    END LOOP;
    PERFORM pg_catalog.set_config('lock_timeout', '5s', true);
    PERFORM pg_catalog.set_config('search_path', path, true);
END
$audit$;

-- End of the audit of "shop"."order_lines". Its history stays in "audit"."shop_order_lines_audit".
DROP TRIGGER IF EXISTS "00_order_lines_audit" ON "shop"."order_lines";
DROP TRIGGER IF EXISTS "00_order_lines_audit_truncate" ON "shop"."order_lines";

DROP FUNCTION IF EXISTS "audit"."shop_order_lines_audit"();

-- An audit table without a row keeps nothing.
DO $audit$
BEGIN
    IF pg_catalog.to_regclass('"audit"."shop_order_lines_audit"') IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM "audit"."shop_order_lines_audit") THEN
            DROP TABLE "audit"."shop_order_lines_audit";
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

-- End of the audit of "public"."users". Its history stays in "audit"."users_audit".
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

-- End of the audit of "public"."type". Its history stays in "history"."kinds_of_things".
DROP TRIGGER IF EXISTS "!kinds" ON "public"."type";
DROP TRIGGER IF EXISTS "!kinds_truncate" ON "public"."type";

DROP FUNCTION IF EXISTS "history"."Record Kinds"();

-- An audit table without a row keeps nothing.
DO $audit$
BEGIN
    IF pg_catalog.to_regclass('"history"."kinds_of_things"') IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM "history"."kinds_of_things") THEN
            DROP TABLE "history"."kinds_of_things";
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
        WHERE nspname = 'history' AND nspacl IS NULL
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_default_acl WHERE defaclnamespace = pg_namespace.oid)
    ) THEN
        DROP SCHEMA "history";
    END IF;
    PERFORM pg_catalog.set_config('search_path', path, true);
EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
    NULL;
END
$audit$;

SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('audit.before.search_path'), true);
