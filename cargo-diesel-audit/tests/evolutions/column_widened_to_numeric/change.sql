ALTER TABLE users ALTER COLUMN visits TYPE numeric(12, 2);
