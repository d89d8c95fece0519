-- Change of the audit of public.accounts: table public.accounts (was public.users).
SELECT diesel_audit.start('5s', '{public.users,public.accounts}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => 'f733e03adaea21df');
SELECT diesel_audit.fit(diesel_audit.source_of('audit.users_audit'), 'audit.users_audit', '{id,email,visits}',
    ours => '{"audit_username": "text"}');
SELECT diesel_audit.close(diesel_audit.source_of('audit.users_audit'), 'audit.users_audit', state => 'f733e03adaea21df',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
