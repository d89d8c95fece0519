ALTER TABLE crm.users SET SCHEMA public;
