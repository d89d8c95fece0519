INSERT INTO users (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE users SET email = email || '.';
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
UPDATE users SET plan = 'free' WHERE id % 2 = 0;
