INSERT INTO accounts (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE accounts SET email = email || '.';
DELETE FROM accounts WHERE id = (SELECT min(id) FROM accounts);
