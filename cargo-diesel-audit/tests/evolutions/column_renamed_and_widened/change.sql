ALTER TABLE users RENAME COLUMN visits TO count;
ALTER TABLE users ALTER COLUMN count TYPE bigint;
