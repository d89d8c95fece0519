ALTER TABLE users RENAME COLUMN visits TO email;
