-- What pg_catalog makes of operators and functions, asked of pg_catalog itself:
-- the rest of this folder takes each call that it knows, and puts an own object in its way.

CREATE SCHEMA lab;
SET LOCAL search_path = pg_catalog;

-- The types whose values are combined; those of the models come later.
CREATE TABLE lab.type (id regtype PRIMARY KEY, base regtype NOT NULL, often boolean NOT NULL);

-- A value of the first type may stand where the second is asked for, without a word.
CREATE TABLE lab.passes (has regtype, takes regtype, PRIMARY KEY (has, takes));

-- `left_type` is 0 for a prefix operator.
CREATE TABLE lab.operator (
    name text, left_type regtype, right_type regtype, label text NOT NULL, result regtype, exact boolean NOT NULL,
    PRIMARY KEY (name, left_type, right_type)
);

CREATE TABLE lab.function (
    name text, arguments regtype[], label text NOT NULL, function oid NOT NULL, result regtype, exact boolean NOT NULL,
    PRIMARY KEY (name, arguments)
);

-- What counts the calls of one hostile object, by hits.h1, hits.h2, .., and those of all of them.
CREATE SCHEMA hits;
CREATE FUNCTION hits.one() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
CREATE TABLE lab.hit (n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label text NOT NULL UNIQUE);

GRANT USAGE ON SCHEMA lab, hits TO PUBLIC;
GRANT SELECT ON lab.hit TO PUBLIC;

-- The type of an expression, which is not evaluated; NULL if pg_catalog has no answer.
CREATE FUNCTION lab.result_of(expression text) RETURNS regtype LANGUAGE plpgsql AS $$
DECLARE
    found regtype;
BEGIN
    EXECUTE format('SELECT pg_typeof(x) FROM (VALUES (1)) AS one LEFT JOIN LATERAL (SELECT %s AS x WHERE false) AS f ON true', expression)
        INTO found;
    RETURN nullif(found, 'unknown'::regtype);
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$$;

CREATE FUNCTION lab.learn(types regtype[], are_often boolean) RETURNS void LANGUAGE sql AS $$
    INSERT INTO lab.type
        SELECT t, coalesce(nullif(typbasetype, 0), t.t)::regtype, are_often
        FROM unnest(types) AS t JOIN pg_type ON pg_type.oid = t
        ON CONFLICT DO NOTHING;
    INSERT INTO lab.passes
        SELECT has.id, takes.oid FROM lab.type AS has
        JOIN pg_type AS own ON own.oid = has.base
        JOIN pg_type AS takes ON takes.oid IN (has.id, has.base)
            OR EXISTS (SELECT FROM pg_cast WHERE castsource = has.base AND casttarget = takes.oid AND castcontext = 'i')
            OR takes.typname IN ('any', 'anyelement', 'anycompatible', 'anynonarray', 'anycompatiblenonarray')
            OR takes.typname IN ('anyarray', 'anycompatiblearray') AND own.typelem <> 0 AND own.typlen = -1
            OR takes.typname = 'anyenum' AND own.typtype = 'e'
            OR takes.typname = 'record' AND own.typtype = 'c'
            OR takes.typelem <> 0 AND takes.typlen = -1 AND own.typelem <> 0 AND own.typlen = -1 AND EXISTS (
                SELECT FROM pg_cast WHERE castsource = own.typelem AND casttarget = takes.typelem AND castcontext = 'i')
        WHERE has.id = ANY (types)
        ON CONFLICT DO NOTHING;
$$;

CREATE FUNCTION lab.learn_operators() RETURNS void LANGUAGE sql AS $$
    WITH called AS (
        SELECT oprname::text AS name, l.has AS l, r.has AS r
            FROM pg_operator JOIN lab.passes AS l ON l.takes = oprleft JOIN lab.passes AS r ON r.takes = oprright
            WHERE oprnamespace = 'pg_catalog'::regnamespace
        UNION
        SELECT oprname, 0::regtype, r.has
            FROM pg_operator JOIN lab.passes AS r ON r.takes = oprright
            WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprleft = 0
        EXCEPT SELECT name, left_type, right_type FROM lab.operator
    )
    INSERT INTO lab.operator
        SELECT name, l, r, concat_ws(' ', CASE WHEN l <> 0 THEN l END, name, r),
            lab.result_of(format('%s OPERATOR(pg_catalog.%s) NULL::%s', CASE WHEN l <> 0 THEN 'NULL::' || l END, name, r)),
            EXISTS (SELECT FROM pg_operator WHERE oprname = name AND oprleft = l AND oprright = r
                AND oprnamespace = 'pg_catalog'::regnamespace)
        FROM called;
$$;

-- Functions of these names. Arguments with a default may be left out, and a variadic one is there up to
-- three times; from the third argument on, and for one of any type, only types that are often there are tried.
CREATE FUNCTION lab.learn_functions(names text[]) RETURNS void LANGUAGE sql AS $$
    WITH RECURSIVE signature AS (
        SELECT oid, proname::text AS name, proargtypes::oid[] AS takes, provariadic, pronargs, pronargdefaults
            FROM pg_proc
            WHERE proname = ANY (names) AND pronamespace = 'pg_catalog'::regnamespace
                AND (prokind = 'f' OR prokind = 'a' AND (SELECT aggkind FROM pg_aggregate WHERE aggfnoid = pg_proc.oid) = 'n')
                AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype, 'cstring'::regtype)
    ), form AS (
        SELECT oid, name, takes[0:n - 1]::regtype[] AS takes FROM signature, generate_series(pronargs - pronargdefaults, pronargs::integer) AS n
            WHERE provariadic = 0
        UNION
        SELECT oid, name, (takes[0:pronargs - 2] || array_fill(provariadic, ARRAY[times]))::regtype[]
            FROM signature, generate_series(1, 3) AS times
            WHERE provariadic <> 0
    ), call AS (
        SELECT oid, name, takes, '{}'::regtype[] AS has FROM form
        UNION
        SELECT oid, name, call.takes, call.has || passes.has
            FROM call JOIN lab.passes ON passes.takes = call.takes[cardinality(call.has) + 1] JOIN lab.type ON id = passes.has
            WHERE often OR passes.has = passes.takes
                OR cardinality(call.takes) < 3 AND (passes.takes <> '"any"'::regtype OR cardinality(call.takes) = 1)
    ), one AS (
        SELECT DISTINCT ON (name, has) name, has, oid FROM call
            WHERE cardinality(has) = cardinality(takes)
                AND NOT EXISTS (SELECT FROM lab.function AS f WHERE f.name = call.name AND f.arguments = has)
            -- That which needs no cast, or the fewest.
            ORDER BY name, has, (SELECT count(*) FROM unnest(has, takes) AS a (has, takes) WHERE a.has <> a.takes), oid
    )
    INSERT INTO lab.function
        SELECT name, has, format('%s(%s)', name, array_to_string(has, ', ')), oid,
            lab.result_of(format('pg_catalog.%I(%s)', name, (
                SELECT CASE WHEN prokind = 'a' AND has = '{}' THEN '*' ELSE
                    coalesce((SELECT string_agg('NULL::' || t, ', ' ORDER BY n) FROM unnest(has) WITH ORDINALITY AS a (t, n)), '') END
                FROM pg_proc WHERE pg_proc.oid = one.oid))),
            EXISTS (SELECT FROM pg_proc WHERE proname = name AND (proargtypes::oid[])[0:pronargs - 1]::regtype[] = has
                AND pronamespace = 'pg_catalog'::regnamespace AND provariadic = 0)
        FROM one;
$$;
