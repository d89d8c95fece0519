ALTER TABLE users RENAME COLUMN visits TO email;
ALTER TABLE users RENAME COLUMN count TO visits;
