-- The history outlives its tables, and keeps the types that it has columns of.
-- Who drops those has to decide about the history: here it goes, and with it the
-- core of diesel-audit, which stays as long as a history does.
DROP SCHEMA IF EXISTS audit, history, diesel_audit CASCADE;
DROP TABLE "type";
DROP TABLE shop.order_lines;
DROP SCHEMA shop;
DROP TABLE users;
DROP DOMAIN email;
DROP TYPE plan;
