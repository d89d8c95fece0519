-- Change of the audit of public.users: trigger "00_public_users" (was "00_users_audit").
SELECT diesel_audit.start('5s', '{public.users}', exclusive => '{public.users}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => '06ca97b90b6f0635');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}');
ALTER TRIGGER "00_users_audit_insert" ON public.users RENAME TO "00_public_users_insert";
CREATE OR REPLACE TRIGGER "00_public_users_insert" AFTER INSERT ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_insert();
ALTER TRIGGER "00_users_audit_update" ON public.users RENAME TO "00_public_users_update";
CREATE OR REPLACE TRIGGER "00_public_users_update" AFTER UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_update();
ALTER TRIGGER "00_users_audit_delete" ON public.users RENAME TO "00_public_users_delete";
CREATE OR REPLACE TRIGGER "00_public_users_delete" AFTER DELETE ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_delete();
ALTER TRIGGER "00_users_audit_truncate" ON public.users RENAME TO "00_public_users_truncate";
CREATE OR REPLACE TRIGGER "00_public_users_truncate" AFTER TRUNCATE ON public.users
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.users_audit');
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '06ca97b90b6f0635',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_public_users_truncate');
SELECT diesel_audit.finish();
