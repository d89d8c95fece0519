INSERT INTO people (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE people SET email = email || '.';
INSERT INTO people (email, visits) VALUES ('d@x', -1);
UPDATE people SET email = 'e@x' WHERE visits = -1;
DELETE FROM people WHERE visits = -1;
DO $$ BEGIN
    ASSERT NOT EXISTS (SELECT FROM audit.people_audit WHERE visits = -1 AND audit_transaction_id = pg_catalog.txid_current());
END $$;
DELETE FROM people WHERE id = (SELECT min(id) FROM people);
