ALTER TABLE users RENAME COLUMN visits TO count;
ALTER TABLE users RENAME COLUMN email TO visits;
