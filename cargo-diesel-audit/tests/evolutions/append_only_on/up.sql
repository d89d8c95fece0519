-- Change of the audit of public.users: append-only.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => '3132951a9d60403a');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}',
    append_only => true);
CREATE OR REPLACE TRIGGER "00_append_only" BEFORE UPDATE OR DELETE ON audit.users_audit
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.refuse_change();
ALTER TABLE audit.users_audit ENABLE ALWAYS TRIGGER "00_append_only";
CREATE OR REPLACE TRIGGER "00_append_only_row" BEFORE UPDATE OR DELETE ON audit.users_audit
    FOR EACH ROW EXECUTE FUNCTION diesel_audit.refuse_change();
ALTER TABLE audit.users_audit ENABLE ALWAYS TRIGGER "00_append_only_row";
CREATE OR REPLACE TRIGGER "00_append_only_truncate" BEFORE TRUNCATE ON audit.users_audit
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.refuse_change();
ALTER TABLE audit.users_audit ENABLE ALWAYS TRIGGER "00_append_only_truncate";
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '3132951a9d60403a',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
