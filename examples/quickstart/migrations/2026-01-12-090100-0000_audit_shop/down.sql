-- End of the audit of "warehouse"."stock". Its history stays in "audit"."warehouse_stock_audit".
-- End of the audit of "public"."orders". Its history stays in "audit"."orders_audit".
-- End of the audit of "public"."customers". Its history stays in "audit"."customers_audit".
SELECT pg_catalog.set_config('audit.before.search_path', pg_catalog.current_setting('search_path'), true),
    pg_catalog.set_config('search_path', pg_catalog.rtrim(pg_catalog.concat('pg_catalog, pg_temp, ', pg_catalog.current_setting('search_path')), ', '), true);
SET LOCAL lock_timeout = '5s';
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);

-- All locks before the first change, and only the first is waited for: nobody is deadlocked.
DO $audit$
DECLARE
    path constant text := pg_catalog.current_setting('search_path');
    tables constant text[] := ARRAY['"warehouse"."stock"', '"public"."orders"', '"public"."customers"'];
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

-- End of the audit of "warehouse"."stock". Its history stays in "audit"."warehouse_stock_audit".
DROP TRIGGER IF EXISTS "00_stock_audit" ON "warehouse"."stock";
DROP TRIGGER IF EXISTS "00_stock_audit_truncate" ON "warehouse"."stock";

DROP FUNCTION IF EXISTS "audit"."warehouse_stock_audit"();

-- An audit table without a row keeps nothing.
DO $audit$
BEGIN
    IF pg_catalog.to_regclass('"audit"."warehouse_stock_audit"') IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM "audit"."warehouse_stock_audit") THEN
            DROP TABLE "audit"."warehouse_stock_audit";
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

-- End of the audit of "public"."orders". Its history stays in "audit"."orders_audit".
DROP TRIGGER IF EXISTS "00_orders_audit" ON "public"."orders";
DROP TRIGGER IF EXISTS "00_orders_audit_truncate" ON "public"."orders";

DROP FUNCTION IF EXISTS "audit"."orders_audit"();

-- An audit table without a row keeps nothing.
DO $audit$
BEGIN
    IF pg_catalog.to_regclass('"audit"."orders_audit"') IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM "audit"."orders_audit") THEN
            DROP TABLE "audit"."orders_audit";
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

-- End of the audit of "public"."customers". Its history stays in "audit"."customers_audit".
DROP TRIGGER IF EXISTS "00_customers_audit" ON "public"."customers";
DROP TRIGGER IF EXISTS "00_customers_audit_truncate" ON "public"."customers";

DROP FUNCTION IF EXISTS "audit"."customers_audit"();

-- An audit table without a row keeps nothing.
DO $audit$
BEGIN
    IF pg_catalog.to_regclass('"audit"."customers_audit"') IS NOT NULL THEN
        IF NOT EXISTS (SELECT FROM "audit"."customers_audit") THEN
            DROP TABLE "audit"."customers_audit";
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
