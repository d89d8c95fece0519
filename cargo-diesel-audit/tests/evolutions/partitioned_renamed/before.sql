CREATE TABLE users (
    id bigint NOT NULL,
    email text NOT NULL,
    visits integer NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE TABLE users_low PARTITION OF users FOR VALUES FROM (minvalue) TO (3);
CREATE TABLE users_high PARTITION OF users FOR VALUES FROM (3) TO (maxvalue);
