SELECT diesel_audit.start('5s', '{warehouse.stock,public.orders,public.customers}',
    exclusive => '{warehouse.stock,public.orders,public.customers}');

-- End of the audit of warehouse.stock. Its history stays in audit.warehouse_stock_audit.
DROP TRIGGER IF EXISTS "00_stock_audit_insert" ON warehouse.stock;
DROP TRIGGER IF EXISTS "00_stock_audit_update" ON warehouse.stock;
DROP TRIGGER IF EXISTS "00_stock_audit_delete" ON warehouse.stock;
DROP TRIGGER IF EXISTS "00_stock_audit_truncate" ON warehouse.stock;
DROP FUNCTION IF EXISTS audit.warehouse_stock_audit_insert();
DROP FUNCTION IF EXISTS audit.warehouse_stock_audit_update();
DROP FUNCTION IF EXISTS audit.warehouse_stock_audit_delete();
SELECT diesel_audit.leave('audit.warehouse_stock_audit', from_state => '7b70acb15bc1390c');

-- End of the audit of public.orders. Its history stays in audit.orders_audit.
DROP TRIGGER IF EXISTS "00_orders_audit_insert" ON public.orders;
DROP TRIGGER IF EXISTS "00_orders_audit_update" ON public.orders;
DROP TRIGGER IF EXISTS "00_orders_audit_delete" ON public.orders;
DROP TRIGGER IF EXISTS "00_orders_audit_truncate" ON public.orders;
DROP FUNCTION IF EXISTS audit.orders_audit_insert();
DROP FUNCTION IF EXISTS audit.orders_audit_update();
DROP FUNCTION IF EXISTS audit.orders_audit_delete();
SELECT diesel_audit.leave('audit.orders_audit', from_state => '434946281741479b');

-- End of the audit of public.customers. Its history stays in audit.customers_audit.
DROP TRIGGER IF EXISTS "00_customers_audit_insert" ON public.customers;
DROP TRIGGER IF EXISTS "00_customers_audit_update" ON public.customers;
DROP TRIGGER IF EXISTS "00_customers_audit_delete" ON public.customers;
DROP TRIGGER IF EXISTS "00_customers_audit_truncate" ON public.customers;
DROP FUNCTION IF EXISTS audit.customers_audit_insert();
DROP FUNCTION IF EXISTS audit.customers_audit_update();
DROP FUNCTION IF EXISTS audit.customers_audit_delete();
SELECT diesel_audit.leave('audit.customers_audit', from_state => 'b648bd109bf7add6');
SELECT diesel_audit.finish();
