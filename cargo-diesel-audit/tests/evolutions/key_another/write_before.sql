INSERT INTO users (email) SELECT 'a' || gen_random_uuid() FROM generate_series(1, 3);
UPDATE users SET visits = visits + 1;
DELETE FROM users WHERE id = (SELECT min(id) FROM users);
