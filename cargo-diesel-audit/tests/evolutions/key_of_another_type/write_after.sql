INSERT INTO users (id, email) SELECT ((SELECT coalesce(max(id::bigint), 0) FROM users) + n)::text, 'a@x' FROM generate_series(1, 3) AS n;
UPDATE users SET email = email || '.';
