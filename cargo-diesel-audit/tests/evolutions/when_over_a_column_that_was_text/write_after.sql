INSERT INTO users (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE users SET email = email || '.';
INSERT INTO users (email, visits) VALUES ('d@x', -1);
UPDATE users SET email = 'e@x' WHERE visits = -1;
DELETE FROM users WHERE visits = -1;
DO $$ BEGIN
    ASSERT NOT EXISTS (SELECT FROM audit.users_audit WHERE visits = -1 AND audit_transaction_id = pg_catalog.txid_current());
END $$;
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
