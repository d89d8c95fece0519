-- Change of the audit of public.users: a condition.
SELECT diesel_audit.start('5s', '{public.users}', exclusive => '{public.users}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => 'f821b5e3ca006b4a');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}');
SELECT diesel_audit.finish();
CREATE OR REPLACE FUNCTION audit.users_audit_when(old public.users, new public.users, tg_op pg_catalog.text) RETURNS boolean
    LANGUAGE sql
RETURN (
coalesce(NEW.visits, OLD.visits) >= 0
) IS NOT FALSE;
SELECT diesel_audit.go_on();
SELECT diesel_audit.open_condition('audit.users_audit_when');
CREATE OR REPLACE TRIGGER "00_users_audit_insert" AFTER INSERT ON public.users
    FOR EACH ROW WHEN (audit.users_audit_when(NULL, NEW, 'INSERT')) EXECUTE FUNCTION audit.users_audit_insert();
CREATE OR REPLACE TRIGGER "00_users_audit_update" AFTER UPDATE ON public.users
    FOR EACH ROW WHEN (audit.users_audit_when(OLD, NEW, 'UPDATE')) EXECUTE FUNCTION audit.users_audit_update();
CREATE OR REPLACE TRIGGER "00_users_audit_delete" AFTER DELETE ON public.users
    FOR EACH ROW WHEN (audit.users_audit_when(OLD, NULL, 'DELETE')) EXECUTE FUNCTION audit.users_audit_delete();
CREATE OR REPLACE TRIGGER "00_users_audit_truncate" AFTER TRUNCATE ON public.users
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.users_audit');
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => 'f821b5e3ca006b4a',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, hides => true, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
