INSERT INTO users (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE users SET email = email || '.';
DO $$ BEGIN
    ASSERT (SELECT bool_and(audit_application_name = current_setting('application_name') AND audit_backend_pid = pg_backend_pid()) FROM audit.users_audit WHERE audit_transaction_id = pg_catalog.txid_current());
END $$;
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
