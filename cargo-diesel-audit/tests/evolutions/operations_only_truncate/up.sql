-- Change of the audit of public.users: other operations.
SELECT diesel_audit.start('5s', '{public.users}', exclusive => '{public.users}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => 'a797be185dc51df2');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}');


DROP TRIGGER "00_users_audit_insert" ON public.users;
DROP TRIGGER "00_users_audit_update" ON public.users;
DROP TRIGGER "00_users_audit_delete" ON public.users;
DROP FUNCTION IF EXISTS audit.users_audit_insert();
DROP FUNCTION IF EXISTS audit.users_audit_update();
DROP FUNCTION IF EXISTS audit.users_audit_delete();
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => 'a797be185dc51df2', functions => '{}', key => '{id}',
    required => '{username}', max_bytes => 1024, hides => true, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
