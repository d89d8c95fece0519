INSERT INTO users (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE users SET email = email || '.';
INSERT INTO users (email, visits) VALUES ('d@x', 'none');
UPDATE users SET email = 'e@x' WHERE visits = 'none';
DELETE FROM users WHERE visits = 'none';
DO $$ BEGIN
    ASSERT NOT EXISTS (SELECT FROM audit.users_audit WHERE visits = 'none' AND audit_transaction_id = pg_catalog.txid_current());
END $$;
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
