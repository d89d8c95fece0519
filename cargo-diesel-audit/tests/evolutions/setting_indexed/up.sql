-- Change of the audit of public.users: index on session setting username.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => 'ee5019a1137b2a66');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}');
CREATE INDEX IF NOT EXISTS users_audit_audit_username_idx ON audit.users_audit (audit_username, audit_id);
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => 'ee5019a1137b2a66',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
