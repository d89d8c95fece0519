ALTER TABLE users RENAME COLUMN hits TO visits;
