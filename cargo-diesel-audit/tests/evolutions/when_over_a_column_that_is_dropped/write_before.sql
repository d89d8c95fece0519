INSERT INTO users (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE users SET email = email || '.';
INSERT INTO users (email, plan) VALUES ('d@x', 'test');
UPDATE users SET email = 'e@x' WHERE plan = 'test';
DELETE FROM users WHERE plan = 'test';
DO $$ BEGIN
    ASSERT NOT EXISTS (SELECT FROM audit.users_audit WHERE plan = 'test' AND audit_transaction_id = pg_catalog.txid_current());
END $$;
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
