-- Change of the audit of public.users: added audit_request_id; index on session setting request_id.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => 'f7c0631d69626ebc');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}',
    ours => '{"audit_username": "text", "audit_request_id": "uuid"}');
ALTER TABLE audit.users_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username'),
    ALTER audit_request_id SET DEFAULT diesel_audit.read_uuid('public.users', 'request_id', 1024);
CREATE INDEX IF NOT EXISTS users_audit_audit_request_id_idx ON audit.users_audit (audit_request_id, audit_id)
    WHERE audit_request_id IS NOT NULL;
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => 'f7c0631d69626ebc',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', optional => '{request_id}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
