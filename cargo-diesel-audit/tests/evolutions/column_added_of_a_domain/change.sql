CREATE DOMAIN plan_name AS varchar(20) CHECK (value <> '');
ALTER TABLE users ADD COLUMN plan plan_name DEFAULT 'free';
