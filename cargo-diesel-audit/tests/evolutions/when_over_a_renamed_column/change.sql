ALTER TABLE users RENAME COLUMN visits TO hits;
