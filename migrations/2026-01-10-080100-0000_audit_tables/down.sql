SELECT diesel_audit.start('5s', '{shop.order_lines,public.users,public.type}',
    exclusive => '{shop.order_lines,public.users,public.type}');

-- End of the audit of shop.order_lines. Its history stays in audit.shop_order_lines_audit.
DROP TRIGGER IF EXISTS "00_order_lines_audit_insert" ON shop.order_lines;
DROP TRIGGER IF EXISTS "00_order_lines_audit_update" ON shop.order_lines;
DROP TRIGGER IF EXISTS "00_order_lines_audit_delete" ON shop.order_lines;
DROP TRIGGER IF EXISTS "00_order_lines_audit_truncate" ON shop.order_lines;
DROP FUNCTION IF EXISTS audit.shop_order_lines_audit_insert();
DROP FUNCTION IF EXISTS audit.shop_order_lines_audit_update();
DROP FUNCTION IF EXISTS audit.shop_order_lines_audit_delete();
SELECT diesel_audit.leave('audit.shop_order_lines_audit', from_state => '5973a2c98d3ce8fa');

-- End of the audit of public.users. Its history stays in audit.users_audit.
DROP TRIGGER IF EXISTS "00_users_audit_insert" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_update" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_delete" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_truncate" ON public.users;
DROP FUNCTION IF EXISTS audit.users_audit_insert();
DROP FUNCTION IF EXISTS audit.users_audit_update();
DROP FUNCTION IF EXISTS audit.users_audit_delete();
SELECT diesel_audit.leave('audit.users_audit', from_state => '65ae3be86def4bea');

-- End of the audit of public.type. Its history stays in history.kinds_of_things.
DROP TRIGGER IF EXISTS "!kinds_insert" ON public.type;
DROP TRIGGER IF EXISTS "!kinds_update" ON public.type;
DROP TRIGGER IF EXISTS "!kinds_delete" ON public.type;
DROP TRIGGER IF EXISTS "!kinds_truncate" ON public.type;
DROP FUNCTION IF EXISTS history."Record Kinds_insert"();
DROP FUNCTION IF EXISTS history."Record Kinds_update"();
DROP FUNCTION IF EXISTS history."Record Kinds_delete"();
SELECT diesel_audit.leave('history.kinds_of_things', from_state => '1b177f683e72338b');
SELECT diesel_audit.finish();
