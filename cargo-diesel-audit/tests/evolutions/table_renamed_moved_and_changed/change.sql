ALTER TABLE users SET SCHEMA crm;
ALTER TABLE crm.users RENAME TO accounts;
ALTER TABLE crm.accounts ADD COLUMN plan text DEFAULT 'free';
