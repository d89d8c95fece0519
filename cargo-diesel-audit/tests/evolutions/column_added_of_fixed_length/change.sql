ALTER TABLE users ADD COLUMN code char(3) DEFAULT 'ab';
