ALTER TABLE users ALTER COLUMN ratio TYPE double precision;
