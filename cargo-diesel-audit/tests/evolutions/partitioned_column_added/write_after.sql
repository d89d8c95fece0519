INSERT INTO users (id, email) SELECT (SELECT coalesce(max(id), 0) FROM users) + n, 'a@x' FROM generate_series(1, 3) AS n;
UPDATE users SET email = email || '.';
