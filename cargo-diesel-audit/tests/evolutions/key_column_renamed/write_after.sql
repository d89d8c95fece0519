INSERT INTO users (email) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE users SET email = email || '.';
DELETE FROM users WHERE user_id = (SELECT min(user_id) FROM users);
