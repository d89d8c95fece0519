-- End of the audit of "public"."type". Its history stays in "history"."kinds_of_things".
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);
SET LOCAL lock_timeout = '5s';

DROP TRIGGER IF EXISTS "!kinds" ON "public"."type";
DROP TRIGGER IF EXISTS "!kinds_truncate" ON "public"."type";

DROP FUNCTION IF EXISTS "history"."Record Kinds"();

-- End of the audit of "shop"."order_lines". Its history stays in "audit"."shop_order_lines_audit".
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);
SET LOCAL lock_timeout = '5s';

DROP TRIGGER IF EXISTS "00_order_lines_audit" ON "shop"."order_lines";
DROP TRIGGER IF EXISTS "00_order_lines_audit_truncate" ON "shop"."order_lines";

DROP FUNCTION IF EXISTS "audit"."shop_order_lines_audit"();

-- End of the audit of "public"."users". Its history stays in "audit"."users_audit".
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);
SET LOCAL lock_timeout = '5s';

DROP TRIGGER IF EXISTS "00_users_audit" ON "public"."users";
DROP TRIGGER IF EXISTS "00_users_audit_truncate" ON "public"."users";

DROP FUNCTION IF EXISTS "audit"."users_audit"();
