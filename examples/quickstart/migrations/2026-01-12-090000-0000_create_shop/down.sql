-- The history outlives its tables, and keeps the types that it has columns of.
-- Who drops those has to decide about the history: here it goes, and with it the
-- core of diesel-audit, which stays as long as a history does.
DROP SCHEMA IF EXISTS audit, diesel_audit CASCADE;
DROP TABLE warehouse.stock;
DROP SCHEMA warehouse;
DROP TABLE orders;
DROP TYPE order_status;
DROP TABLE customers;
