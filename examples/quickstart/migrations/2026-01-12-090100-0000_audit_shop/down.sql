-- End of the audit of "warehouse"."stock". Its history stays in "audit"."warehouse_stock_audit".
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);
SET LOCAL lock_timeout = '5s';

DROP TRIGGER IF EXISTS "00_stock_audit" ON "warehouse"."stock";
DROP TRIGGER IF EXISTS "00_stock_audit_truncate" ON "warehouse"."stock";

DROP FUNCTION IF EXISTS "audit"."warehouse_stock_audit"();

-- End of the audit of "public"."orders". Its history stays in "audit"."orders_audit".
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);
SET LOCAL lock_timeout = '5s';

DROP TRIGGER IF EXISTS "00_orders_audit" ON "public"."orders";
DROP TRIGGER IF EXISTS "00_orders_audit_truncate" ON "public"."orders";

DROP FUNCTION IF EXISTS "audit"."orders_audit"();

-- End of the audit of "public"."customers". Its history stays in "audit"."customers_audit".
SELECT pg_catalog.pg_advisory_xact_lock(7235425822644645217);
SET LOCAL lock_timeout = '5s';

DROP TRIGGER IF EXISTS "00_customers_audit" ON "public"."customers";
DROP TRIGGER IF EXISTS "00_customers_audit_truncate" ON "public"."customers";

DROP FUNCTION IF EXISTS "audit"."customers_audit"();
