-- Change of the audit of public.users: no condition.
SELECT diesel_audit.start('5s', '{public.users}', exclusive => '{public.users}');
SELECT diesel_audit.expect('audit.users_audit', from_state => 'f821b5e3ca006b4a', to_state => '9d935c808884ef51');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}');
CREATE OR REPLACE TRIGGER "00_users_audit_insert" AFTER INSERT ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_insert();
CREATE OR REPLACE TRIGGER "00_users_audit_update" AFTER UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_update();
CREATE OR REPLACE TRIGGER "00_users_audit_delete" AFTER DELETE ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_delete();
CREATE OR REPLACE TRIGGER "00_users_audit_truncate" AFTER TRUNCATE ON public.users
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.users_audit');
DROP FUNCTION IF EXISTS audit.users_audit_when;
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '9d935c808884ef51',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
