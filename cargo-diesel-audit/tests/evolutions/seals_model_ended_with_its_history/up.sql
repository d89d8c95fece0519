-- End of the audit of "public"."users". Its history in "audit"."users_audit" is dropped.
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);
SET LOCAL lock_timeout = '5s';

DROP TRIGGER IF EXISTS "00_users_audit" ON "public"."users";
DROP TRIGGER IF EXISTS "00_users_audit_truncate" ON "public"."users";

DROP FUNCTION IF EXISTS "audit"."users_audit"();

DROP TABLE IF EXISTS "audit"."users_audit";
DROP TABLE IF EXISTS "audit"."users_audit_seals";
DO $audit$
BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_namespace
        WHERE nspname = 'audit' AND nspacl IS NULL
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_default_acl WHERE defaclnamespace = pg_namespace.oid)
    ) THEN
        DROP SCHEMA "audit";
    END IF;
EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
    NULL;
END
$audit$;
