-- Change of the audit of public.users: index on session setting username; index on session setting tenant.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => 'b90995b640da83ba', to_state => '4a26d21d9315d42a');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}',
    ours => '{"audit_username": "text", "audit_tenant": "text"}');
CREATE INDEX IF NOT EXISTS users_audit_audit_username_idx ON audit.users_audit (audit_username, audit_id);
CREATE INDEX IF NOT EXISTS users_audit_audit_tenant_idx ON audit.users_audit (audit_tenant, audit_id)
    WHERE audit_tenant IS NOT NULL;
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '4a26d21d9315d42a',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', optional => '{tenant}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
