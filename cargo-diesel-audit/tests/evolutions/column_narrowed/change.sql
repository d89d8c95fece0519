ALTER TABLE users ALTER COLUMN visits TYPE smallint;
