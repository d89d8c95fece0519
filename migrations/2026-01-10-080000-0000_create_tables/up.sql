CREATE TYPE plan AS ENUM ('free', 'paid');

CREATE DOMAIN email AS varchar(120) NOT NULL CHECK (VALUE LIKE '%@%');

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email email UNIQUE,
    plan plan NOT NULL DEFAULT 'free',
    earlier_plans plan[] NOT NULL DEFAULT '{}',
    tags text[],
    password_hash text NOT NULL DEFAULT 'secret',
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    visits integer NOT NULL DEFAULT 0
);

CREATE SCHEMA shop;

CREATE TABLE shop.order_lines (
    order_id bigint,
    line integer,
    sku char(8) NOT NULL,
    price numeric(10, 2) NOT NULL,
    total numeric(12, 2) GENERATED ALWAYS AS (price * 1.2) STORED,
    PRIMARY KEY (order_id, line)
);

CREATE TABLE "type" (
    id uuid PRIMARY KEY,
    "type" text NOT NULL,
    "Mixed Case" boolean,
    document jsonb
);
