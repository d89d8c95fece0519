INSERT INTO users (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE users SET email = email || '.';
UPDATE users SET email = email;
DO $$ BEGIN
    ASSERT (SELECT count(*) FROM audit.users_audit WHERE audit_operation = 'U' AND audit_transaction_id = pg_catalog.txid_current()) = 2 * (SELECT count(*) FROM users);
END $$;
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
