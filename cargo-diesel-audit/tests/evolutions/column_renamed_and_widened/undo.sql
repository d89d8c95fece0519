ALTER TABLE users ALTER COLUMN count TYPE integer;
ALTER TABLE users RENAME COLUMN count TO visits;
