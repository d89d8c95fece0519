-- Change of the audit of public.users: added audit_request_id; renamed audit_request_id to audit_request_id_text.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '5249fc1a66945efe', to_state => '26b6930cf1b3e482');
ALTER TABLE audit.users_audit RENAME COLUMN audit_request_id TO audit_request_id_text;
SELECT diesel_audit.rename_column('audit.users_audit', 'audit_request_id_uuid', 'audit_request_id');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_request_id": "uuid"}');
ALTER TABLE audit.users_audit
    ALTER audit_request_id SET DEFAULT diesel_audit.read_uuid('public.users', 'request_id', 1024);
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '26b6930cf1b3e482',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{request_id}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
