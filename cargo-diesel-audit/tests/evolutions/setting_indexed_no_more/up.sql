-- Change of the audit of public.users: no index on session setting username; no index on session setting tenant.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '4a26d21d9315d42a', to_state => 'b90995b640da83ba');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}',
    ours => '{"audit_username": "text", "audit_tenant": "text"}');
DROP INDEX IF EXISTS audit.users_audit_audit_username_idx;
DROP INDEX IF EXISTS audit.users_audit_audit_tenant_idx;
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => 'b90995b640da83ba',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', optional => '{tenant}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
