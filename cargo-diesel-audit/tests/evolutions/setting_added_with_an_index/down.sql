-- Change of the audit of public.users: ended audit_request_id.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => 'f7c0631d69626ebc', to_state => '9d935c808884ef51');
SELECT diesel_audit.retire('audit.users_audit', 'audit_request_id');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}');
SELECT diesel_audit.drop_default('audit.users_audit', 'audit_request_id');
ALTER TABLE audit.users_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username');
DROP INDEX IF EXISTS audit.users_audit_audit_request_id_idx;
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '9d935c808884ef51',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
