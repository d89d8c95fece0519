-- The history outlives its tables, and keeps the types that it has columns of.
-- Who drops those has to decide about the history: here it goes.
DROP SCHEMA IF EXISTS audit CASCADE;
DROP SCHEMA IF EXISTS history CASCADE;
DROP TABLE "type";
DROP TABLE shop.order_lines;
DROP SCHEMA shop;
DROP TABLE users;
DROP DOMAIN email;
DROP TYPE plan;
