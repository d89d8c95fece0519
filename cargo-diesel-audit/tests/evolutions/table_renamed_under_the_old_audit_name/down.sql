-- Change of the audit of public.users: table public.users (was public.accounts).
SELECT diesel_audit.start('5s', '{public.accounts,public.users}');
SELECT diesel_audit.expect('audit.users_audit', from_state => 'f733e03adaea21df', to_state => '9d935c808884ef51');
SELECT diesel_audit.fit(diesel_audit.source_of('audit.users_audit'), 'audit.users_audit', '{id,email,visits}',
    ours => '{"audit_username": "text"}');
SELECT diesel_audit.close(diesel_audit.source_of('audit.users_audit'), 'audit.users_audit', state => '9d935c808884ef51',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
