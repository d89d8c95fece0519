ALTER TABLE users ADD COLUMN visits text NOT NULL DEFAULT 'none';
