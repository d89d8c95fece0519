INSERT INTO users (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE users SET email = email || '.';
INSERT INTO users (email, hits) VALUES ('d@x', -1);
UPDATE users SET email = 'e@x' WHERE hits = -1;
DELETE FROM users WHERE hits = -1;
DO $$ BEGIN
    ASSERT NOT EXISTS (SELECT FROM audit.users_audit WHERE hits = -1 AND audit_transaction_id = pg_catalog.txid_current());
END $$;
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
