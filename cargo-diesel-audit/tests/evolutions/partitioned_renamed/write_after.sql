INSERT INTO accounts (id, email) SELECT (SELECT coalesce(max(id), 0) FROM accounts) + n, 'a@x' FROM generate_series(1, 3) AS n;
UPDATE accounts SET email = email || '.';
