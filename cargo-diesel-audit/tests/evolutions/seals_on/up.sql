-- Change of the audit of public.users: sealed.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => '3082fcaa02bc0556');
CREATE TABLE IF NOT EXISTS audit.users_audit_seals (
    seal_id bigint CONSTRAINT users_audit_seals_pkey PRIMARY KEY,
    from_transaction bigint,
    to_transaction bigint,
    after_id bigint,
    up_to_id bigint,
    first_id bigint,
    last_id bigint,
    row_count bigint NOT NULL,
    columns text[] NOT NULL,
    rows_digest bytea NOT NULL,
    digest bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL
);
CREATE INDEX IF NOT EXISTS users_audit_transaction_id_idx ON audit.users_audit USING brin (audit_transaction_id);
SELECT diesel_audit.take_rights('audit.users_audit_seals');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}');
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '3082fcaa02bc0556',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
