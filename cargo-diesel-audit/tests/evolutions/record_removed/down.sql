-- Change of the audit of public.users: resumed audit_application_name, audit_backend_pid.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => 'b136139a2f55210b');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}',
    ours => '{"audit_application_name": "text", "audit_backend_pid": "integer", "audit_username": "text"}');
ALTER TABLE audit.users_audit
    ALTER audit_application_name SET DEFAULT current_setting('application_name', true),
    ALTER audit_backend_pid SET DEFAULT pg_backend_pid(),
    ALTER audit_username SET DEFAULT diesel_audit.value('username');
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => 'b136139a2f55210b',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
