INSERT INTO users (visits) VALUES ('a@x'), ('b@x'), ('c@x');
UPDATE users SET visits = visits || '.';
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
