ALTER TABLE users ADD COLUMN a smallint DEFAULT 1, ADD COLUMN b boolean, ADD COLUMN c jsonb DEFAULT '{}';
