CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    email varchar(120) NOT NULL UNIQUE,
    phone text
);

CREATE TYPE order_status AS ENUM ('open', 'paid', 'shipped');

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    status order_status NOT NULL DEFAULT 'open',
    total numeric(12, 2) NOT NULL
);

CREATE SCHEMA warehouse;

CREATE TABLE warehouse.stock (
    site text,
    sku text,
    quantity integer NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (site, sku)
);
