-- Change of the audit of public.users: renamed audit_request_id_text to audit_request_id; ended audit_request_id.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '26b6930cf1b3e482', to_state => '5249fc1a66945efe');
SELECT diesel_audit.retire('audit.users_audit', 'audit_request_id', aside => 'audit_request_id_uuid');
ALTER TABLE audit.users_audit RENAME COLUMN audit_request_id_text TO audit_request_id;
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_request_id": "text"}');
ALTER TABLE audit.users_audit
    ALTER audit_request_id SET DEFAULT diesel_audit.value('request_id');
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '5249fc1a66945efe',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{request_id}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
