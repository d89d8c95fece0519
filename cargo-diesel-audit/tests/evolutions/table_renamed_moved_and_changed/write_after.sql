INSERT INTO crm.accounts (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE crm.accounts SET email = email || '.';
DELETE FROM crm.accounts WHERE id = (SELECT min(id) FROM crm.accounts);
