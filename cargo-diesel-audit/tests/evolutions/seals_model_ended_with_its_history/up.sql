-- End of the audit of public.users. Its history in audit.users_audit is dropped.
SELECT diesel_audit.start('5s', '{public.users}', exclusive => '{public.users}');
DROP TRIGGER IF EXISTS "00_users_audit_insert" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_update" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_delete" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_truncate" ON public.users;
DROP FUNCTION IF EXISTS audit.users_audit_insert();
DROP FUNCTION IF EXISTS audit.users_audit_update();
DROP FUNCTION IF EXISTS audit.users_audit_delete();
SELECT diesel_audit.leave('audit.users_audit', from_state => '3082fcaa02bc0556', seals => 'audit.users_audit_seals', drops => true);
SELECT diesel_audit.finish();
