-- Change of the audit of public.users: not sealed.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit,audit.users_audit_seals}',
    exclusive => '{audit.users_audit,audit.users_audit_seals}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '3082fcaa02bc0556', to_state => '9d935c808884ef51');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}');
DROP INDEX IF EXISTS audit.users_audit_transaction_id_idx;
SELECT diesel_audit.leave_table('audit.users_audit_seals');
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '9d935c808884ef51',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
