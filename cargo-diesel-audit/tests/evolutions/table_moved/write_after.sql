INSERT INTO crm.users (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE crm.users SET email = email || '.';
DELETE FROM crm.users WHERE id = (SELECT min(id) FROM crm.users);
