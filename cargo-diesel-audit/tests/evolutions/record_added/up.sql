-- Change of the audit of public.users: added audit_client_addr, audit_query.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => '52352e88ddbd0ecb');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}',
    ours => '{"audit_client_addr": "inet", "audit_query": "text", "audit_username": "text"}');
ALTER TABLE audit.users_audit
    ALTER audit_client_addr SET DEFAULT inet_client_addr(),
    ALTER audit_query SET DEFAULT "left"(current_query(), 8192),
    ALTER audit_username SET DEFAULT diesel_audit.value('username');
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '52352e88ddbd0ecb',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
