-- Change of the audit of public.users: not append-only.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '3132951a9d60403a', to_state => '9d935c808884ef51');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}',
    append_only => true);
DROP TRIGGER IF EXISTS "00_append_only" ON audit.users_audit;
DROP TRIGGER IF EXISTS "00_append_only_row" ON audit.users_audit;
DROP TRIGGER IF EXISTS "00_append_only_truncate" ON audit.users_audit;
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '9d935c808884ef51',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
