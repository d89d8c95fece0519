ALTER TABLE users ADD COLUMN plan plan DEFAULT 'free';
