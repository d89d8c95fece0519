ALTER TABLE users RENAME COLUMN visits TO seen;
ALTER TABLE users ALTER COLUMN seen TYPE text USING seen::text;
