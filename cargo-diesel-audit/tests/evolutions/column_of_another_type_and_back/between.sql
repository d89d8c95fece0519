ALTER TABLE users ALTER COLUMN visits TYPE text USING visits::text;
