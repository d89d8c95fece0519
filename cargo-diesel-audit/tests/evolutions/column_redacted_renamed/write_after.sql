INSERT INTO users (mail) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE users SET mail = mail || '.';
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
