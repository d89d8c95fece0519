INSERT INTO users (email, plan) VALUES ('a@x', 'free'), ('b@x', 'paid'), ('c@x', NULL);
UPDATE users SET email = email || '.';
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
