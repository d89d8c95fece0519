ALTER TABLE crm.accounts DROP COLUMN plan;
ALTER TABLE crm.accounts RENAME TO users;
ALTER TABLE crm.users SET SCHEMA public;
